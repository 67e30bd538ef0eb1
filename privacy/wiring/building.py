"""Puts the parts together."""

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from privacy.audit import Audit, Heads, Signer, Upkeep
from privacy.clock import Clock, SystemClock
from privacy.conversations.acts import Acts
from privacy.conversations.announcements import Announcements
from privacy.conversations.brain import Brain
from privacy.conversations.corrections import Corrections
from privacy.conversations.doorway import Conversations
from privacy.conversations.live import Hub
from privacy.conversations.messages import Messages
from privacy.conversations.own_data import OwnData
from privacy.conversations.people import People
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.values import Detours
from privacy.conversations.watch import Watch
from privacy.conversations.wording import Wording
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.errors import NotProven
from privacy.filing import Drafts, Filing, Guard
from privacy.filing.ports import Wish
from privacy.filing.remembered import Remembered
from privacy.fulfilment.books.works import Works
from privacy.fulfilment.correct.new_contact import PROVEN, is_proven, new_contact_needed
from privacy.fulfilment.correct.old_values import OldValues
from privacy.fulfilment.delete.plan import DeletionPlanner
from privacy.handoff.hand_overs import HandOvers
from privacy.handoff.left_messages import LeftMessages
from privacy.handoff.notes import Notes
from privacy.handoff.port import OwnDesk
from privacy.mail.delivery import MailCarrier
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.mail.sender import OnBounced, Sender
from privacy.mail.server import MailServer
from privacy.mail.texts import TEXT_PACE, TextCarrier, TextGateway
from privacy.office_hours import OfficeHours
from privacy.policy import load_policy
from privacy.settings import ROOT, Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.directory import Directory
from privacy.verification import Verification
from privacy.wiring.carrying import Ground, carry
from privacy.wiring.chatwoot import build_chatwoot, open_chatwoot
from privacy.wiring.company_sign_in import build_company_sign_in
from privacy.wiring.desk import build_desk
from privacy.wiring.request_desk import build_request_desk
from privacy.wiring.vera import Vera


def build(
    settings: Settings, *, clock: Clock | None = None, directory: Directory | None = None
) -> Vera:
    """Put the parts together.

    Raises PolicyBroken, DataMapWrong, MailSettingWrong, ChatwootSettingWrong with sentences that say what to change.
    """
    clock = clock or SystemClock()
    database = Database(settings.database)
    keyring = Keyring.load(settings.data_dir / "keys.json")
    policy = load_policy(settings.policy)
    heads = Heads(settings.data_dir, Signer.load(settings.data_dir))
    audit = Audit(keyring, clock, heads)
    audit.attach(database)
    datamap = load_datamap(settings.datamap, settings.data_dir.resolve(), os.environ)
    company = CompanyDirectory(datamap, keyring)
    directory = directory or company
    letterhead = Letterhead.read(
        company=settings.company_name,
        mail_from=settings.mail_from,
        inbox=settings.company_inbox,
        origin=settings.origin,
    )
    outbox = Outbox(keyring, clock, letterhead)
    verification = Verification(
        database,
        keyring,
        clock,
        policy,
        directory,
        outbox,
        settings.zone,
        Remembered(database, keyring).subjects,
    )
    texts = bool(settings.sms_url)
    drafts = Drafts(database, keyring, clock)
    works = Works(policy)
    filing = Filing(
        database,
        keyring,
        clock,
        policy,
        outbox,
        verification.proven,
        works,
        zone=settings.zone,
        company_inbox=settings.company_inbox,
        origin=settings.origin,
        guard=_new_contact_proven(datamap, verification, texts=texts),
    )
    wording = Wording.load(ROOT / "data")
    correctable = {field.id: field for field in datamap.correctable_fields()}
    kept = KeptValues(keyring, clock)
    messages = Messages(keyring, clock, kept)
    hub = Hub()
    brain = Brain(settings.rasa_url, settings.internal_secret)
    hand_overs, notes = HandOvers(keyring, clock), Notes(keyring, clock)
    chatwoot = open_chatwoot(settings, clock)
    people = People(
        database=database,
        clock=clock,
        hand_overs=hand_overs,
        notes=notes,
        messages=messages,
        wording=wording,
        outbox=outbox,
        hours=OfficeHours(policy.people.office_hours, policy.holidays, settings.zone),
        hub=hub,
        desk=chatwoot.staff if chatwoot else OwnDesk(),
    )
    detours = Detours.load(ROOT / "data")
    turns = Turns(database, messages, kept, brain, wording, hub, detours, people)
    sessions = Sessions(database, keyring, clock)
    conversations = Conversations(
        database=database,
        clock=clock,
        sessions=sessions,
        messages=messages,
        turns=turns,
        hub=hub,
        verification=verification,
        people=people,
        wording=wording,
        policy=policy,
    )
    ground = Ground(settings, clock, policy, database, keyring, company, outbox)
    left_messages = LeftMessages(keyring, clock, outbox, settings.company_inbox)
    acts = Acts(
        database,
        clock,
        kept,
        drafts,
        verification,
        filing,
        directory,
        left_messages,
        messages,
        people,
    )
    senders = _senders(settings, ground, letterhead, _tell_bounce(conversations))
    announcements = Announcements(people, wording, hub, clock)
    carrying = carry(ground, works, announcements, partial(_wake, senders))
    own_data = OwnData(
        database,
        clock,
        settings.zone,
        messages,
        kept,
        company,
        DeletionPlanner(company, clock),
        carrying.export,
        filing,
        carrying.fulfilment,
    )
    corrections = Corrections(
        database,
        clock,
        settings.zone,
        kept,
        drafts,
        verification,
        company,
        OldValues(company, keyring),
        texts=texts,
    )
    desk = build_desk(ground, people, hand_overs, notes, messages, hub)
    return Vera(
        settings=settings,
        clock=clock,
        policy=policy,
        datamap=datamap,
        database=database,
        wording=wording,
        directory=directory,
        verification=verification,
        drafts=drafts,
        filing=filing,
        acts=acts,
        own_data=own_data,
        corrections=corrections,
        correctable=correctable,
        brain=brain,
        hub=hub,
        sessions=sessions,
        turns=turns,
        conversations=conversations,
        people=people,
        watch=Watch(database, hub),
        company_sign_in=build_company_sign_in(settings, database, keyring, clock),
        desk=desk,
        chatwoot=build_chatwoot(
            chatwoot,
            ground,
            hand_overs=hand_overs,
            messages=messages,
            wording=wording,
            people=people,
            cases=desk.cases,
            hub=hub,
        )
        if chatwoot
        else None,
        request_desk=build_request_desk(ground, works, carrying, directory),
        announcements=announcements,
        works=works,
        carrying=carrying,
        upkeep=Upkeep(database, audit, clock, policy.retention.audit_months),
        senders=senders,
        wake=partial(_wake, senders),
    )


def _new_contact_proven(datamap: DataMap, verification: Verification, *, texts: bool) -> Guard:
    """A new contact is filed only once it has proven itself, for this very correction."""

    def guard(draft: Wish, act_key: str) -> Mapping[str, str]:
        if draft.kind != "correct":
            return {}
        needed = new_contact_needed(datamap, draft, texts=texts)
        proof = verification.proven(draft.conversation, "new_contact", act_key) if needed else None
        if not is_proven(needed, proof):
            raise NotProven("the new contact has not proven itself")
        return {PROVEN: needed.value if needed else ""}

    return guard


def _senders(
    settings: Settings, ground: Ground, letterhead: Letterhead, on_bounced: OnBounced
) -> tuple[Sender, ...]:
    """One for mail, and one for text messages where the company has a gateway."""
    base = (ground.database, ground.keyring, ground.clock)
    by_mail = MailCarrier(letterhead, MailServer.read(settings.smtp_url))
    mail = Sender(*base, by_mail, on_bounced=on_bounced)
    if not settings.sms_url:
        return (mail,)
    by_text = TextCarrier(TextGateway.read(settings.sms_url, settings.sms_from), ground.clock)
    return (mail, Sender(*base, by_text, on_bounced=on_bounced, pace=TEXT_PACE))


def _wake(senders: tuple[Sender, ...]) -> None:
    for sender in senders:
        sender.wake()


def _tell_bounce(conversations: Conversations) -> Callable[[str, str], Awaitable[None]]:
    async def tell(conversation: str, kind: str) -> None:
        if kind == "code":
            await conversations.say(conversation, "utter_code_bounced")

    return tell
