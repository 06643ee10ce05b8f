"""The passage of a network as a background task; taken up where it was when its worker dies."""

from django_tasks import task

from essaim.platform.background.recovery import when_abandoned
from essaim.platform.programmes import network_upgrade


@task()
def carry_network(pk: int) -> None:
    network_upgrade.carry_on(pk)


@when_abandoned(carry_network)
def _give_up(pk: int) -> None:
    network_upgrade.give_up(pk)
