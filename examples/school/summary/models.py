from django.db import models

from area.models import Subject


class Section(models.Model):
    subject = models.ForeignKey(Subject, models.DO_NOTHING)
    title = models.CharField(max_length=200)
    text = models.TextField()
    position = models.IntegerField()

    class Meta:
        managed = False
        ordering = ["position"]
