"""What happens at a clinic on a busy day: stories that the catalogue of `tests/traces` does not tell.

Each is played by the people on the phones and ends by saying what has to be told of every call in it. Its first line
is the description that stands in its recording.
"""

from collections.abc import Awaitable, Callable

from tests.live import stories_of_phones as phones
from tests.live import stories_of_transfers as transfers
from tests.live.stage import Stage

Story = Callable[[Stage], Awaitable[None]]

STORIES: tuple[Story, ...] = (
    phones.a_patient_never_chooses_from_the_menu,
    transfers.a_patient_is_sent_to_voicemail_and_leaves_a_message,
    phones.a_parked_patient_comes_back_to_the_parker,
    phones.the_only_agent_is_paused,
    transfers.a_transfer_is_transferred_on,
    transfers.a_patient_gives_up_in_the_queue_they_were_sent_to,
    transfers.a_transfer_completed_while_ringing_is_not_answered,
    transfers.a_patient_is_put_through_to_the_doctors_mobile,
    phones.an_agent_asks_outside_and_returns,
    transfers.a_picked_up_call_is_sent_back_to_who_rang_first,
    transfers.a_talking_patient_is_redirected_into_another_queue,
    transfers.a_patient_is_sent_to_voicemail_and_says_nothing,
    phones.a_parked_patient_gives_up,
    phones.a_patient_hangs_up_on_hold,
    phones.a_patient_and_two_agents_confer,
    phones.a_supervisor_listens_in,
    phones.one_number_rings_twice_at_once,
    phones.a_phone_forwards_to_a_mobile_that_is_busy,
    phones.a_phone_declines,
    phones.a_click_rings_the_agent_through_a_local_channel,
    transfers.a_patient_is_put_through_into_a_queue_and_gives_up,
    transfers.keys_put_a_patient_through_to_a_mobile,
    transfers.keys_send_a_patient_into_a_queue,
    transfers.a_patient_is_sent_on_to_a_busy_phone,
    transfers.a_local_agent_sends_the_patient_on,
    transfers.a_patient_whom_the_clinic_rang_is_sent_on,
    phones.a_patient_hangs_up_while_a_colleague_is_asked,
    phones.a_phone_forwards_to_another_that_answers,
    phones.a_parked_patient_comes_back_and_nobody_is_there,
)
"""The longest first, so that none is left over when the others are done."""
