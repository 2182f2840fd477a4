from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render

from area.models import Subject
from exercises.models import Attempt, Exercise


def subject_exercise(request, subject_id):
    subject = get_object_or_404(Subject, pk=subject_id)
    exercises = list(Exercise.objects.filter(subject=subject))
    rows = [(exercise, exercise.lesson.title) for exercise in exercises]  # one query for each: N+1
    return render(request, "subject_exercise.html", {"subject": subject, "rows": rows})


@transaction.atomic
def answer(request, exercise_id):
    exercise = get_object_or_404(Exercise.objects.select_for_update(), pk=exercise_id)
    given = request.POST.get("answer", "")
    attempt = Attempt.objects.create(
        exercise=exercise, student_email=request.POST.get("email", "nobody@example.org"), answer=given,
        is_right=given == exercise.solution)
    return JsonResponse({"id": attempt.pk, "right": attempt.is_right}, status=201)
