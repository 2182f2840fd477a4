from django.http import HttpResponse
from django.urls import path

from area.views import mainViews
from exercises.views import site_view
from summary.views import siteView


def health(request):
    return HttpResponse("up\n", content_type="text/plain")


urlpatterns = [
    path("", mainViews.index),
    path("health/", health),
    path("areas/<slug:slug>/", mainViews.area),
    path("lessons/<int:lesson_id>/", mainViews.lesson),
    path("subjects/<int:subject_id>/exercises/", site_view.subject_exercise),
    path("exercises/<int:exercise_id>/answer/", site_view.answer),
    path("subjects/<int:subject_id>/summary.pdf", siteView.DownloadSummaryPDF.as_view()),
    path("archive/", siteView.archive),
]
