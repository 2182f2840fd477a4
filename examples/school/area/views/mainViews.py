from django.db.models import Count
from django.shortcuts import get_object_or_404, render

from area.models import Area, Lesson, Subject


def index(request):
    areas = Area.objects.annotate(subjects=Count("subject"))
    return render(request, "index.html", {"areas": areas})


def area(request, slug):
    found = get_object_or_404(Area, slug=slug)
    subjects = Subject.objects.filter(area=found, is_active=True)
    return render(request, "area.html", {"area": found, "subjects": subjects})


def neighbours(lesson):
    others = Lesson.objects.filter(subject=lesson.subject)
    before = others.filter(position__lt=lesson.position).order_by("-position").first()
    after = others.filter(position__gt=lesson.position).first()
    return before, after


def lesson(request, lesson_id):
    found = get_object_or_404(Lesson.objects.select_related("subject__area"), pk=lesson_id)
    before, after = neighbours(found)
    return render(request, "lesson.html", {"lesson": found, "before": before, "after": after})
