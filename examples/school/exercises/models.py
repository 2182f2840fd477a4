from django.db import models

from area.models import Lesson, Subject


class Exercise(models.Model):
    subject = models.ForeignKey(Subject, models.DO_NOTHING)
    lesson = models.ForeignKey(Lesson, models.DO_NOTHING)
    question = models.TextField()
    solution = models.CharField(max_length=100)
    position = models.IntegerField()

    class Meta:
        managed = False
        ordering = ["position"]


class Attempt(models.Model):
    exercise = models.ForeignKey(Exercise, models.DO_NOTHING)
    student_email = models.EmailField()
    answer = models.CharField(max_length=100)
    is_right = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
