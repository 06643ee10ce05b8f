"""What a service refused, shown in the form that asked for it."""

from django.core.exceptions import ValidationError
from django.forms import BaseForm


def report(form: BaseForm, error: ValidationError) -> None:
    """Show each message beside its field when the form has it, above the form otherwise."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    for name, found in by_field.items():
        form.add_error(name if name in form.fields else None, ValidationError(found))
