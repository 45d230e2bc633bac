"""Texts that an address may hold, as values of its parameters."""

TEXTS = [
    *(
        "",
        "1",
        "-1",
        "0",
        "99999999999999999999",
        "١",
        "1e3",
        "-sent_at",
        "sent_at",
        "all",
        "heatmap",
        "clicked",
    ),
    *(
        "2026-02-30",
        "2026-02-28",
        "0001-01-01",
        "ann@mail.example",
        "counted:",
        "mail:7:8",
        ":",
        "\0",
        "\u202e",
    ),
    *("<script>", "' OR 1=1 --", "a" * 3_000),
]
