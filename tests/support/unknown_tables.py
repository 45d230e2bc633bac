"""Tables that Mailsight doesn't know: what is suggested for them, and what they are loaded as."""

from pathlib import Path
from typing import Any

from mailsight.importing.columns import csv
from mailsight.importing.columns.csv import Suggestion
from mailsight.importing.columns.mapping import TableMapping, to_toml
from mailsight.importing.sources import Request, Rows, Unusable

DATABASE = "m.duckdb"


def suggested(folder: Path, text: str | bytes, name: str = "table.csv") -> Suggestion:
    """What is suggested for a file with this text."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return csv.suggest(folder / name, folder / DATABASE)


def fields(mapping: TableMapping) -> dict[str, str]:
    return {name: column.field for name, column in mapping.columns.items() if column.field}


def loaded(folder: Path, mapping: TableMapping, name: str = "table.csv") -> dict[str, list[dict[str, Any]]]:
    """The rows that a file is loaded as, by kind, with those that can't be used."""
    (folder / "map.toml").write_text(to_toml(mapping), encoding="utf-8")
    rows: dict[str, list[dict[str, Any]]] = {}
    for item in csv.read(Request(str(folder / name), options={"map": str(folder / "map.toml")})):
        if isinstance(item, Rows):
            rows.setdefault(item.kind, []).extend(dict(row) for row in item.rows)
        elif isinstance(item, Unusable):
            rows.setdefault("unusable", []).append({"line": item.line, "reason": item.reason})
    return rows


# Names of columns and types of events, in each language.
EVENTS = {
    "English": "Campaign name;Email address;Event;Date;Link|Delivered;Opened;Clicked;Bounced;Unsubscribed",
    "German": "Kampagne;E-Mail-Adresse;Ereignis;Zeitpunkt;Link|Zugestellt;Geöffnet;Geklickt;Rückläufer;Abgemeldet",
    "French": "Campagne;Adresse e-mail;Événement;Date et heure;Lien|Délivré;Ouvert;Cliqué;Rebond;Désinscrit",
    "Spanish": "Campaña;Correo electrónico;Evento;Fecha;Enlace|Entregado;Abierto;Hizo clic;Rebotado;Dado de baja",
    "Italian": "Campagna;Indirizzo e-mail;Evento;Data;Collegamento|Consegnata;Aperta;Cliccata;Respinta;Disiscritto",
    "Dutch": "Campagne;E-mailadres;Gebeurtenis;Tijdstip;Link|Afgeleverd;Geopend;Geklikt;Gebounced;Uitgeschreven",
    "Portuguese": "Campanha;Endereço de e-mail;Evento;Data;Link|Entregue;Aberto;Clicado;Devolvido;Descadastrado",
    "Polish": "Kampania;Adres e-mail;Zdarzenie;Czas;Link|Dostarczono;Otwarto;Kliknięto;Odbito;Wypisano",
    "Swedish": "Kampanj;E-postadress;Händelse;Tidpunkt;Länk|Levererad;Öppnad;Klickad;Studsade;Avregistrerad",
    "Danish": "Kampagne;E-mailadresse;Hændelse;Tidspunkt;Link|Leveret;Åbnet;Klikket;Bounce;Frameldt",
    "Czech": "Kampaň;E-mail;Událost;Datum;Odkaz|Doručeno;Otevřeno;Kliknuto;Nedoručeno;Odhlášeno",
}
TYPES = ("delivered", "opened", "clicked", "bounced", "unsubscribed")
