"""What the name of a column or a table suggests: its category, the customer's word for it, whether
it is likely to be about a person.

Names in several styles (FirstName, first_name, FIRSTNAME) and in English, German and French are
known. Everything here is a guess, made for a person who decides.
"""

import re
from dataclasses import dataclass
from typing import Final

from privacy.datamap.categories import within


@dataclass(frozen=True, slots=True)
class Sense:
    """What a column may hold. `strong`: likely to be about a person, whatever the table is."""

    category: str
    noun: str
    strong: bool = True
    correct: str | None = None


def _list(words: str) -> list[str]:
    return words.split()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# category | noun | correction | names, the first that fits wins; "-" before the noun: only where
# the table is about persons.
_COLUMNS: Final = """
user.contact.email | e-mail address | email | email, e mail, email address, e mail address, emailaddress, mail address, email adress, mailadresse, courriel, email adresse, mail
user.authorization.password | password, scrambled so that nobody can read it | | password, passwd, pwd, passwort, password hash, passwordhash, mot de passe, hashed password, salt, otp secret, totp secret, secret, api key, access token, refresh token, token, reset token
user.contact.fax_number | fax number | | fax, faxnumber, telefax, fax number
user.contact.phone_number | phone number | phone | phone, phonenumber, telephone, tel, mobile, mobil, cell, cellphone, handy, telefon, telefonnummer, handynummer, rufnummer, telephone number, portable, msisdn, phone number
user.name.first | first name | name.first | first name, firstname, forename, given name, givenname, vorname, prenom, fname
user.name.last | last name | name.last | last name, lastname, surname, family name, nachname, familienname, lname, nom de famille
user.name | name | name | full name, fullname, display name, contact name, customer name, user name full, person name, kundenname, ansprechpartner, recipient name, billing name, shipping name, cardholder name, middle name, maiden name, nickname
user.account.username | user name | | username, user name, login name, loginname, benutzername, screen name, login
user.contact.address.street | street | address.street | street, strasse nr, street address, streetaddress, address line 1, address line 2, address1, address2, addressline1, addressline2, address line, address 2, address 3, line 1, line 2, line 3, line1, line2, addr, house no, strasse, straße, hausnummer, house number, rue, street name, street number, anschrift, adresse, address
user.contact.address.postal_code | postal code | address.postal_code | postal code, postalcode, post code, postcode, zip, zipcode, zip code, plz, postleitzahl, code postal
user.contact.address.city | -town | address.city | city, town, ort, stadt, wohnort, ville
user.contact.address.state | -state | address.state | state, province, region, bundesland, county, district, kanton
user.contact.address.country | -country | address.country | country, country code, countrycode, land, pays
user.demographic.date_of_birth | date of birth | birth_date | birth date, birthdate, birthday, date of birth, dob, born, geburtsdatum, geburtstag, date de naissance, geb datum
user.demographic.gender | gender | | gender, sex, geschlecht, sexe, salutation, anrede
user.demographic.language | -language | | language, locale, sprache, langue, preferred language
user.demographic.marital_status | marital status | | marital status, maritalstatus, familienstand
user.demographic.religious_belief | religion | | religion, konfession
user.demographic.profile | -group we put you in | | segment, profile, score, interests, persona, credit score, customer group, kundengruppe, tier
user.financial.bank_account | bank account | | iban, bic, bank account, bankaccount, account number, kontonummer, bankverbindung, blz, routing number, sort code
user.financial.credit_card | payment card | | credit card, creditcard, card number, cardnumber, ccn, pan, kreditkarte, cvv, cvc, cc number
user.government_id.national_identification_number | national identity number | | ssn, social security number, national id, sozialversicherungsnummer, personalausweis, steuer id, tax id number, nino, sin
user.government_id.passport_number | passport number | | passport, passport number, reisepass
user.government_id.drivers_license_number | driving licence number | | drivers license, driver license, driving licence, fuehrerschein
user.health_and_medical | health details | | diagnosis, allergies, medication, blood type, health insurance, krankenkasse, patient id, medical
user.biometric | biometric details | | fingerprint, face id, iris, voice print
user.device.ip_address | internet address | | ip, ip address, ipaddress, remote addr, client ip, remote ip, ip adresse
user.device.cookie_id | cookie number | | cookie id, cookie, session id, sessionid, session token, visitor id
user.device.device_id | device number | | device id, deviceid, imei, idfa, push token, device token
user.device | device and browser | | user agent, useragent, browser
user.location.precise | place on the map | | latitude, longitude, lat, lng, lon, gps
user.contact.organization | company | | company, company name, organisation, organization, firma, employer, arbeitgeber, vat id, vat number, ust id, ustid, tax number, umsatzsteuer id
user.contact.url | website | | website, homepage, linkedin, twitter, facebook, instagram
user.job_title | -job title | | title, job title, jobtitle, position, beruf, occupation, department, abteilung, funktion
user.workplace | -when you started with us | | hire date, hiredate, eintrittsdatum, salary, gehalt, wage, lohn, reports to
user.content.self_image | picture | | avatar, photo, picture, profile image, foto, portrait
user.unique_id | customer number | | customer number, customer no, kundennummer, client number, member number, membership number, account no, customer code, customer ref, customer nr, client no, client nr, member no, member nr, user no, guest no, kunden nr, mitgliedsnummer, mitglieds nr
user.content.private | -message | | message, body, comment, comments, note, notes, text, content, description, question, answer, subject, subject line, bemerkung, kommentar, nachricht, betreff, remarks, review, gift note
user.privacy_preferences | choice | | consent, opt in, optin, opt out, optout, newsletter, marketing, einwilligung, unsubscribed, subscribed, double opt in, gdpr consent
user.account.settings | -setting | | settings, preferences, timezone, time zone, theme, notifications, currency
user.name | -name | name | name, nom, namen
user.account | -account detail | | last login, lastlogin, last seen, login count, created, created at, createdat, created on, registered, registered at, signup date, signed up, status, state code, role, active, last modified, updated at, updated, changed at, email verified, verified
"""

_TABLES: Final[tuple[tuple[str, str, str], ...]] = (
    # category of what is in it | purpose that may fit | words in its name
    ("user.payment", "bookkeeping", "invoice invoices bill bills rechnung rechnungen payment payments transaction transactions zahlung zahlungen refund refunds facture factures receipt receipts"),
    ("user.behavior.purchase_history", "orders", "order orders purchase purchases sale sales cart carts basket booking bookings bestellung bestellungen auftrag auftraege commande commandes rental rentals shipment shipments delivery deliveries lieferung return returns wishlist"),
    ("user.content.private", "support", "ticket tickets message messages comment comments review reviews support conversation conversations chat chats note notes post posts inquiry anfrage anfragen nachricht nachrichten feedback case cases complaint attachment attachments service"),
    ("user.privacy_preferences", "newsletter", "consent consents newsletter newsletters subscription subscriptions subscriber subscribers preference preferences einwilligung abonnent mailing optin"),
    ("user.behavior", "insight", "event events activity activities click clicks visit visits view views pageview pageviews tracking log logs history session sessions login logins audit search searches"),
    ("user.contact.address", "orders", "address addresses adresse adressen anschrift anschriften"),
)  # fmt: skip
_PERSONS: Final = _set(
    "customer customers user users person persons people member members account accounts client clients contact contacts"
    " subscriber subscribers patient patients student students guest guests buyer buyers employee employees staff kunde"
    " kunden benutzer mitglied mitglieder mitarbeiter personal personen nutzer utilisateur utilisateurs passenger driver"
    " drivers applicant applicants lead leads donor donors participant participants teacher teachers visitor visitors"
    " profile profiles salarie salaries traveller travellers traveler travelers"
)
_STAFF: Final = _set(
    "employee employees staff mitarbeiter personal salarie salaries teacher teachers agent agents worker workers"
)
_PARTNERS: Final = _set(
    "supplier suppliers vendor vendors shipper shippers carrier carriers courier couriers manufacturer manufacturers"
    " producer producers brand brands store stores shop shops branch branches warehouse warehouses location locations"
    " lieferant lieferanten hersteller haendler filiale filialen lager spedition fournisseur fournisseurs"
)
_FLAGS: Final = _set("is has was allow allows can")
_AFTER: Final = _set("verified confirmed sent count flag hash id at valid bounced enabled type")
_QUALIFIERS: Final = {
    "billing": "billing", "bill": "billing", "to": "", "invoice": "billing", "rechnung": "billing", "rechnungs": "billing", "delivery": "delivery",
    "shipping": "delivery", "ship": "delivery", "liefer": "delivery", "work": "work", "business": "business",
    "home": "home", "mobile": "mobile", "private": "private", "emergency": "emergency", "secondary": "second",
    "alt": "second", "alternate": "second", "old": "old", "previous": "former",
}  # fmt: skip
_SPLIT: Final = re.compile(r"[A-ZÄÖÜ]+(?=[A-ZÄÖÜ][a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüßéè]+|[A-ZÄÖÜ]+|\d+")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e"})
_NOISE: Final = _set("tbl vw")
_NUMBERED: Final = (
    "user.contact",
    "user.government_id",
    "user.financial",
    "user.health_and_medical",
)
_DATE_WORDS: Final = _set("at on date time datum am zeit datetime timestamp since")
_CAME: Final = _list(
    "placed ordered issued paid sent opened created invoice order payment booking purchase transaction signup signed"
    " registered registration joined given happened occurred added posted submitted started erstellt angelegt bestell"
    " rechnungs hire eintritts subscribed booked reserved purchased received requested"
)
_NOT_CAME: Final = _set(
    "birth born dob geburt geburts updated changed modified login seen due expires expiry expiration end ended closed"
    " deleted shipped delivered required valid until last withdrawn stopped verified cancelled refunded starts begins"
    " arrival departure"
)


def words_of(name: str) -> list[str]:
    """The words in the name of a column or table, in lower case: "EmailAddress" → email, address."""
    words = [word.casefold().translate(_UMLAUTS) for word in _SPLIT.findall(name)]
    return words[1:] if len(words) > 1 and words[0] in _NOISE else words


def _read() -> dict[tuple[str, ...], Sense]:
    known: dict[tuple[str, ...], Sense] = {}
    for line in _COLUMNS.strip().splitlines():
        category, noun, correct, names = (piece.strip() for piece in line.split("|"))
        sense = Sense(category, noun.removeprefix("-"), not noun.startswith("-"), correct or None)
        for name in names.split(","):
            known.setdefault(tuple(name.translate(_UMLAUTS).split()), sense)
    return known


_KNOWN: Final = _read()
_LONGEST: Final = max(map(len, _KNOWN))


def sense_of(column: str, table: str = "") -> Sense | None:
    """What the name of a column suggests; None where it suggests nothing."""
    words = words_of(column)
    if len(words) > 1 and tuple(words) in _KNOWN:
        return _KNOWN[tuple(words)]  # "customer_number", also in "customers"
    own = {word.removesuffix("s") for word in words_of(table)}
    while len(words) > 1 and words[0].removesuffix("s") in own:
        words = words[1:]  # "customer_email" in "customers"
    if not words or words[0] in _FLAGS or (len(words) > 1 and words[-1] in _AFTER - {"id"}):
        return _KNOWN.get(tuple(words))
    if tuple(words) in _KNOWN:
        return _KNOWN[tuple(words)]
    if words[-1] in ("id", "key", "nr", "no", "fk"):
        return _numbered(words)
    for length in range(min(_LONGEST, len(words)), 0, -1):
        # The last words say what it is, those before only whose: "billing_postal_code".
        sense = _KNOWN.get(tuple(words[-length:]))
        if sense is not None and (
            sense.strong or length > 1 or _qualified(words[:-length]) or is_person(table)
        ):
            return sense
    for word in words:
        sense = _KNOWN.get((word,))
        if sense is not None and sense.strong and len(word) > 3:
            return sense
    return None


def _numbered(words: list[str]) -> Sense | None:
    """What is known by a number, and is no key: "passport_no", "phone_nr"."""
    sense = _KNOWN.get(tuple(words[:-1]))
    if sense is None or not sense.strong or not any(within(sense.category, c) for c in _NUMBERED):
        return None
    points = words[-1] in ("id", "key", "fk") and within(sense.category, "user.contact")
    return None if points else sense


def _qualified(before: list[str]) -> bool:
    return bool(before) and all(word in _QUALIFIERS or word in _PERSONS for word in before)


def noun_of(column: str, sense: Sense | None) -> str:
    """How a customer would call it, without "your": "billing postal code"."""
    words = words_of(column)
    if sense is None:
        return " ".join(words) or "value"
    qualifier = qualifier_of(column)
    if not qualifier or qualifier in sense.noun:
        return sense.noun
    return f"{qualifier} {sense.noun}"


def qualifier_of(column: str) -> str:
    """Which of several it is: "billing" of a billing address; "" where nothing says so."""
    return next((_QUALIFIERS[word] for word in words_of(column) if word in _QUALIFIERS), "")


def is_person(table: str) -> bool:
    """Does the name of the table say that its rows are persons?"""
    words = words_of(table)
    return bool(words) and words[-1] in _PERSONS


def is_staff(table: str) -> bool:
    """Are those persons the company's own people?"""
    return any(word in _STAFF for word in words_of(table))


def is_partner(table: str) -> bool:
    """Are its rows companies and places that the company works with, whose contacts are nobody's own?"""
    words = words_of(table)
    return bool(words) and words[-1] in _PARTNERS


def subject_of(table: str) -> tuple[str, str] | None:
    """Category and purpose that the name of the table suggests for what is in it."""
    words = words_of(table)
    for category, purpose, names in _TABLES:
        if any(word in names.split() for word in words):
            return category, purpose
    return None


def is_bookkeeping(table: str) -> bool:
    """Is this one of the tables that tax law is likely to keep?"""
    subject = subject_of(table)
    saved = {"card", "cards", "method", "methods", "option", "options"} & set(words_of(table))
    return subject is not None and subject[0] == "user.payment" and not saved


def came_rank(column: str, is_date: bool) -> int | None:
    """How likely a column says when its row came to be: 0 is best, None not at all."""
    words = words_of(column)
    if not is_date and not (len(words) > 1 and words[-1] in _DATE_WORDS):
        return None
    if any(word in _NOT_CAME for word in words) or sense_of(column, "") in (
        _KNOWN[("dob",)],
        _KNOWN[("ip",)],
    ):
        return None
    return next((rank for rank, word in enumerate(_CAME) if word in words), len(_CAME))
