"""Has a server run, for scenarios that begin where one is there."""

from edit_bench import connected, make_room, studio, wait_long


def scenario_a_server_is_there(hands):
    make_room()
    studio().link.start_server()
    yield from wait_long(connected)
