"""What people type about meetings, lessons and questions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from essaim.platform.community.models import Event, Exchange, Lesson, Session, Speaker, Teaching


class EventForm(forms.ModelForm):
    class Meta:
        model = Event
        fields = ["title", "theme", "date", "format"]
        widgets = {"date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class SessionForm(forms.ModelForm):
    class Meta:
        model = Session
        fields = ["kind", "number", "title"]


class SpeakerForm(forms.ModelForm):
    class Meta:
        model = Speaker
        fields = ["name", "function", "organisation", "part"]


class TeachingForm(forms.ModelForm):
    class Meta:
        model = Teaching
        fields = ["text", "quote", "speaker"]

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        speakers: Any = self.fields["speaker"]
        speakers.queryset = session.speakers.all()


class LessonForm(forms.ModelForm):
    class Meta:
        model = Lesson
        fields = ["kind", "title", "learnt", "evidence"]
        help_texts = {
            "evidence": _("Un résultat, une observation datée, un échange : ce qui permettrait de vérifier.")
        }


class ExchangeForm(forms.ModelForm):
    class Meta:
        model = Exchange
        fields = ["title", "text"]


class AnswerForm(forms.Form):
    text = forms.CharField(label=_("Votre réponse"), widget=forms.Textarea(attrs={"rows": 4}))
