"""What Alder & Finch sells, and what people write to its support desk. Words only; no customer is
here.
"""

from typing import Final

PRODUCTS: Final[tuple[tuple[str, str, int], ...]] = (
    ("KIT-001", "Stoneware cup, sage", 1490),
    ("KIT-002", "Bread board, oak", 3900),
    ("KIT-003", "Chef's knife, 20 cm", 8900),
    ("KIT-004", "Enamel saucepan, 2 l", 5450),
    ("KIT-005", "Linen tea towels, set of three", 2400),
    ("GAR-001", "Watering can, 9 l", 4200),
    ("GAR-002", "Hand trowel, ash handle", 1990),
    ("GAR-003", "Seed box, twelve herbs", 2750),
    ("HOM-001", "Wool blanket, grey", 11900),
    ("HOM-002", "Beeswax candles, set of four", 1850),
    ("HOM-003", "Broom, horsehair", 3300),
    ("HOM-004", "Laundry basket, willow", 6400),
)

TOPICS: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "late_parcel": (
        "Where is my parcel?",
        (
            ("customer", "Good morning, my parcel should have been here on Tuesday. Can you tell me where it is?"),
            ("agent", "Good morning. It is held at the depot in your town and comes tomorrow before noon."),
            ("customer", "It came. Thank you."),
        ),
    ),
    "broken_cup": (
        "A cup arrived broken",
        (
            ("customer", "One of the six cups is chipped. I can send you a photo."),
            ("agent", "No photo is needed. A new cup is on its way."),
        ),
    ),
    "wrong_colour": (
        "Blanket in another colour",
        (
            ("customer", "I ordered grey and received blue. Which one is it on the picture?"),
            ("agent", "Grey on the picture. We send you the grey one, and the parcel service takes the blue one back."),
        ),
    ),
    "change_email": (
        "My new e-mail address",
        (
            ("customer", "I have a new e-mail address. Is it enough to change it in my account?"),
            ("agent", "Yes. The newsletter has a list of its own: you can change it there by the link in each mail."),
        ),
    ),
    "gift_wrap": (
        "Do you wrap gifts?",
        (("customer", "Do you wrap gifts, and what does it cost?"), ("agent", "We do, for 3 euros a parcel.")),
    ),
    "invoice_copy": (
        "Copy of an invoice",
        (
            ("customer", "Our accountant needs the March invoice again, to this address. My mobile is 0171 39200 16."),
            ("agent", "Here it is, as a file to this message."),
        ),
    ),
    "refund": (
        "Refund for a returned knife",
        (
            ("customer", "I sent the knife back. My account is DE02 1203 0000 0000 2020 51, as on the form."),
            ("agent", "The refund is on its way, three working days."),
        ),
    ),
    "foreign_number": (
        "About customer AF-1018",
        (
            ("customer", "I write about customer number AF-1018. Which address do you have for her?"),
            ("agent", "We tell that to the customer herself only."),
        ),
    ),
    "hostile": (
        "'; DELETE FROM tickets; --",
        (
            ("customer", "<img src=x onerror=alert(1)> =1+1 \"quoted\" 'single' \\ back\\slash %00 ${7*7} \U0001f9e8"),
            ("agent", "Could you tell us in other words what happened?"),
        ),
    ),
}  # fmt: skip

SEGMENTS: Final[dict[str, tuple[str, float]]] = {
    "kitchen": ("clicked kitchen offers more often than others", 0.81),
    "garden": ("clicked garden offers more often than others", 0.74),
    "frequent_buyer": ("opens most mails and follows their links", 0.92),
}

CAMPAIGNS: Final[tuple[str, ...]] = (
    "Spring in the kitchen",
    "Garden days",
    "Winter light",
    "New: willow baskets",
)
