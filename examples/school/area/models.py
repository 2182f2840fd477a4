from django.db import models


class Area(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField()
    position = models.IntegerField()

    class Meta:
        managed = False  # schema.sql is older than this code
        ordering = ["position"]


class Subject(models.Model):
    area = models.ForeignKey(Area, models.DO_NOTHING)
    name = models.CharField(max_length=200)
    slug = models.SlugField()
    description = models.TextField()
    position = models.IntegerField()
    is_active = models.BooleanField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        ordering = ["position"]


class Lesson(models.Model):
    subject = models.ForeignKey(Subject, models.DO_NOTHING)
    title = models.CharField(max_length=200)
    body = models.TextField()
    position = models.IntegerField()

    class Meta:
        managed = False
        ordering = ["position"]
