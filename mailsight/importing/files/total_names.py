"""What columns of totals are called, the most specific name first: in English, German, French, Spanish, Italian,
Portuguese, Dutch, Polish, Swedish and Danish."""

from mailsight.importing.headers import Names

_ENGLISH_TIMES = (
    "Send Time | Send Date Time | Send Date | Sent Date | Sent At | Date Sent | Sending Date | Date | "
    "Send Date (Your time zone) | Send Date (UTC)"
)
_NAMES = {
    "name": (
        "Campaign Name | Campaign | Title | Campaign Title | Name | Email Name | Kampagnenname | "
        "Name der Kampagne | Kampagne | Nom de la campagne | Campagne | Nom | Nombre de la campaña | "
        "Nombre de campaña | Campaña | Nome della campagna | Nome campagna | Nome da campanha | Campanha "
        "| Campagnenaam | Naam van de campagne | Nazwa kampanii | Kampania | Kampanjnamn | Kampanj | "
        "Kampagnenavn"
    ),
    "subject": (
        "Subject | Subject Line | Email Subject | Betreff | Betreffzeile | Objet | Sujet | Asunto | "
        "Línea de asunto | Oggetto | Assunto | Linha de assunto | Onderwerp | Onderwerpregel | Temat | "
        "Temat wiadomości | Ämne | Ämnesrad | Emne | Emnelinje"
    ),
    "sent_at": (
        f"{_ENGLISH_TIMES} | Sendezeit | Sendedatum | Versanddatum | "
        "Gesendet am | Versendet am | Date d'envoi | Date d’envoi | Envoyée le | Fecha de envío | "
        "Enviado el | Datum | Data di invio | Data invio | Data de envio | Enviado em | Verzenddatum | "
        "Verzonden op | Data wysyłki | Data wysłania | Sändningsdatum | Utskicksdatum | Skickat | "
        "Afsendelsesdato | Sendt den"
    ),
    "list": (
        "List | Audience | Lists | List Name | Recipient List | Liste | Listen | Listes | Lista | Listas "
        "| Elenco | Lijst | Zielgruppe | Doelgroep"
    ),
    "tags": "Tags | Tag | Etiquetas | Étiquettes | Schlagwörter",
    "recipients": "Selected | Total Selected",
    "sent": (
        "Total Recipients | Recipients | Sent | Emails Sent | Total Sent | Empfänger | Gesendet | "
        "Versendet | Destinataires | Envoyés | Envoyé | E-mails envoyés | Destinatarios | Enviados | "
        "Enviado | Destinatari | Inviati | Inviate | Destinatários | Ontvangers | Verzonden | Odbiorcy | "
        "Wysłane | Mottagare | Skickade | Modtagere | Sendt"
    ),
    "delivered": (
        "Successful Deliveries | Delivered | Total Delivered | Zugestellt | Délivrés | Livrés | Délivré "
        "| Entregados | Entregado | Consegnati | Consegnate | Entregues | Entregue | Afgeleverd | "
        "Bezorgd | Dostarczone | Levererade | Leverede | Leveret"
    ),
    "hard_bounces": (
        "Hard Bounces | Hard Bounced | Hard Bounce | Hardbounces | Rebotes duros | Rebotes permanentes | "
        "Hard bounce permanenti | Devoluções permanentes | Twarde odbicia | Hårda studsar | "
        "Hårde bounces"
    ),
    "soft_bounces": (
        "Soft Bounces | Soft Bounced | Soft Bounce | Softbounces | Rebotes suaves | Rebotes temporales | "
        "Soft bounce temporanei | Devoluções temporárias | Miękkie odbicia | Mjuka studsar | "
        "Bløde bounces"
    ),
    "bounces": (
        "Total Bounces | Total Bounced | Bounces | Bounced | Unzustellbar | Rebonds | Rebotes | Rimbalzi "
        "| Devoluções | Odbicia | Odrzucone | Studsar | Studsade"
    ),
    "opened": (
        "Unique Opens | Unique Opened | Unique Open | Recipients Who Opened | Openers | Opened | "
        "Eindeutige Öffnungen | Einmalige Öffnungen | Öffner | Geöffnet | Ouvertures uniques | Ouvreurs "
        "| Aperturas únicas | Abridores | Abiertos | Aperture uniche | Aperti | Aberturas únicas | "
        "Abertos | Unieke opens | Unieke openingen | Geopend | Unikalne otwarcia | Unika öppningar | "
        "Unikke åbninger"
    ),
    "opens": (
        "Total Opens | Opens | Gesamtöffnungen | Öffnungen | Öffnungen gesamt | Ouvertures totales | "
        "Total des ouvertures | Ouvertures | Aperturas totales | Total de aperturas | Aperturas | "
        "Aperture totali | Aperture | Total de aberturas | Aberturas | Totaal aantal opens | "
        "Opens totaal | Wszystkie otwarcia | Otwarcia | Totalt antal öppningar | Öppningar | "
        "Åbninger i alt | Åbninger"
    ),
    "clicked": (
        "Unique Clicks | Unique Clicked | Unique Click | Recipients Who Clicked | Clickers | Clicked | "
        "Eindeutige Klicks | Einmalige Klicks | Klicker | Geklickt | Clics uniques | Cliqueurs | "
        "Clics únicos | Clicaron | Clic unici | Click unici | Cliques únicos | Unieke kliks | Geklikt | "
        "Unikalne kliknięcia | Unika klick | Unikke klik"
    ),
    "clicks": (
        "Total Clicks | Clicks | Gesamtklicks | Klicks | Klicks gesamt | Clics totaux | Total des clics "
        "| Clics | Clics totales | Total de clics | Clic totali | Click totali | Clic | Total de cliques "
        "| Cliques | Totaal aantal kliks | Kliks | Wszystkie kliknięcia | Kliknięcia | "
        "Totalt antal klick | Klick | Klik i alt | Klik"
    ),
    "unsubscribed": (
        "Unsubscribes | Unsubscribed | Unique Unsubscribes | Unsubscriptions | Total Unsubs | "
        "Abmeldungen | Abgemeldet | Désabonnements | Désabonnés | Désinscriptions | Désinscrits | Bajas "
        "| Desuscritos | Cancelaciones de suscripción | Disiscrizioni | Disiscritti | "
        "Cancelamentos de inscrição | Cancelamentos | Descadastros | Uitschrijvingen | Afmeldingen | "
        "Uitgeschreven | Wypisania | Wypisani | Avregistreringar | Avregistrerade | Afmeldinger | "
        "Afmeldte"
    ),
    "complained": (
        "Abuse Complaints | Spam Complaints | Total Spam Complaints | Complaints | Spam Reports | Spam | "
        "Total Abuse Complaints | Abuse Reports | Beschwerden | Spam-Beschwerden | Plaintes | "
        "Plaintes pour spam | Quejas | Quejas de spam | Denuncias de spam | Reclami | Reclami spam | "
        "Segnalazioni di spam | Reclamações | Reclamações de spam | Klachten | Spamklachten | "
        "Skargi na spam | Skargi | Spamanmälningar | Klagomål | Spamklager | Klager"
    ),
    "orders": "Total Orders | Unique Placed Order | Total Placed Order | Placed Order | Orders | Bestellungen",
    "revenue": (
        "Total Revenue | Revenue | Conversion Value | Umsatz | Revenus | Ingresos | Ricavi | Receita | "
        "Omzet | Przychód | Intäkter | Omsætning"
    ),
    "currency": "Currency | Währung | Devise | Moneda | Valuta | Moeda | Waluta",
}
NAMES: Names = {field: tuple(names.split(" | ")) for field, names in _NAMES.items()}
ENGLISH_TIMES = tuple(_ENGLISH_TIMES.split(" | "))
