# ruff: noqa: E501 - tables of links are easier to follow on few lines
"""Which links act for the customer whose e-mail they are in."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.personal_links import NOBODY, Effect, Recipient, effect, says_nothing
from mailsight.mail.wrappers import WRAPPERS

ANN = Recipient("Ann@Mail.example", "48213", ("gold", "2026", "K7-220-x"), ("https://list.example/bye?x=1", "mailto:bye@list.example"))  # fmt: skip
SALE = "https://shop.example/sale"


@pytest.mark.parametrize(
    "label",
    [
        "Unsubscribe", "unsubscribe here", "Opt out", "Opt-out of these e-mails", "Remove me from this list", "Stop receiving our newsletter",
        "I no longer wish to receive these e-mails", "Cancel your subscription", "Report spam",
        "Abmelden", "Newsletter abbestellen", "Hier vom Newsletter abmelden", "Austragen", "Ich möchte keine E-Mails mehr erhalten: keine weiteren E-Mails",
        "Uitschrijven", "Afmelden voor de nieuwsbrief", "Se désabonner", "Se désinscrire", "Ne plus recevoir nos e-mails", "Darse de baja", "Cancelar suscripción",
        "Desuscribirse", "No deseo recibir más correos", "Cancelar inscrição", "Descadastrar", "Anular subscrição", "Disiscriviti", "Cancellati", "Annulla l'iscrizione",
        "Avregistrera", "Avprenumerera", "Avsluta prenumerationen", "Meld deg av", "Afmeld nyhedsbrev", "Frameld", "Peruuta tilaus", "Peru uutiskirjeen tilaus",
        "Wypisz się", "Zrezygnuj z subskrypcji: rezygnacja", "Odhlásit se", "Odhlásiť sa", "Zrušit odběr", "Leiratkozás", "Dezabonare", "Отписаться", "Отказаться от рассылки",
        "Відписатися", "Отпиши се", "Διαγραφή", "Κατάργηση εγγραφής", "Odjava", "Odjavite se", "Одјави се", "Abonelikten çık", "Atsisakyti prenumeratos", "Atrakstīties",
        "Loobu uudiskirjast", "Afskráning", "Donar-se de baixa", "配信停止", "退订", "수신거부", "إلغاء الاشتراك", "הסרה מרשימת התפוצה",
    ],
)  # fmt: skip
def test_words_of_unsubscribing_are_known_in_many_languages(label: str) -> None:
    assert effect("https://shop.example/a", label) == Effect.UNSUBSCRIBES


@pytest.mark.parametrize(
    ("label", "does"),
    [
        ("Manage preferences", Effect.PREFERENCES), ("E-mail preferences", Effect.PREFERENCES), ("Update your profile", Effect.PREFERENCES),
        ("Einstellungen", Effect.PREFERENCES), ("Profil ändern", Effect.PREFERENCES), ("Voorkeuren", Effect.PREFERENCES), ("Gérer mes abonnements", Effect.PREFERENCES),
        ("Gestionar preferencias", Effect.PREFERENCES), ("Gestisci le preferenze", Effect.PREFERENCES), ("Inställningar", Effect.PREFERENCES), ("Indstillinger", Effect.PREFERENCES),
        ("Ustawienia", Effect.PREFERENCES), ("Nastavení", Effect.PREFERENCES), ("Настройки рассылки", Effect.PREFERENCES), ("Beállítások", Effect.PREFERENCES),
        ("Confirm your subscription", Effect.CONFIRMS), ("Verify e-mail", Effect.CONFIRMS), ("Anmeldung bestätigen", Effect.CONFIRMS), ("Bevestig je aanmelding", Effect.CONFIRMS),
        ("Confirmer mon inscription", Effect.CONFIRMS), ("Confirmar", Effect.CONFIRMS), ("Conferma iscrizione", Effect.CONFIRMS), ("Bekräfta", Effect.CONFIRMS),
        ("Potwierdź", Effect.CONFIRMS), ("Potvrdit", Effect.CONFIRMS), ("Подтвердить", Effect.CONFIRMS), ("Reset your password", Effect.CONFIRMS),
    ],
)  # fmt: skip
def test_other_services_are_known_too(label: str, does: Effect) -> None:
    assert effect("https://shop.example/a", label) == does


@pytest.mark.parametrize(
    "label",
    [
        "View in browser", "View this email in your browser", "Web version", "Im Browser ansehen", "Online-Version", "Bekijk in je browser", "Voir dans votre navigateur",
        "Version en ligne", "Ver en el navegador", "Ver no navegador", "Visualizza nel browser", "Visa i webbläsaren", "Se i din browser", "Zobacz w przeglądarce",
        "Zobrazit v prohlížeči", "Открыть в браузере", "ブラウザで見る",
    ],
)  # fmt: skip
def test_a_copy_of_the_mail_is_personal_if_it_has_an_id(label: str) -> None:
    assert effect("https://mail.example/view/april", label) is None
    assert effect("https://mail.example/view/4711", label) == Effect.SHOWS_MAIL
    assert effect("https://mail.example/view?m={{id}}", label) == Effect.SHOWS_MAIL


@pytest.mark.parametrize(
    ("url", "does"),
    [
        ("https://shop.example/unsubscribe/a", Effect.UNSUBSCRIBES),
        ("https://shop.example/x?action=optOut", Effect.UNSUBSCRIBES),
        ("https://shop.example/email-preferences", Effect.PREFERENCES),
        ("https://shop.example/preferenceCenter", Effect.PREFERENCES),
        ("https://shop.example/confirm?x=y", Effect.CONFIRMS),
        ("mailto:leave@list.example?subject=Unsubscribe", Effect.UNSUBSCRIBES),
        ("https://list.example/bye?x=1", Effect.UNSUBSCRIBES),  # its header says so
        ("mailto:bye@list.example", Effect.UNSUBSCRIBES),
        ("https://click.news.example/abc", Effect.COUNTS),
        ("https://shop.us1.list-manage.com/track/click?u=5&id=6&e=7", Effect.COUNTS),
        ("https://u123.ct.sendgrid.net/ls/click?upn=abc", Effect.COUNTS),
        ("https://mail.example/link/0b1c2d3e-aaaa-bbbb-cccc-0123456789ab/x/y", Effect.COUNTS),
        ("https://r20.rs6.net/tn.jsp?f=001", Effect.COUNTS),
        ("https://shop.example/go?to=https%3A%2F%2Fother.example%2Fsale", Effect.COUNTS),
        ("https://shop.example/r/https://other.example/sale", Effect.COUNTS),
        ("https://shop.example/sale?u=48213", Effect.IDENTIFIES),
        ("https://shop.example/c/48213/sale", Effect.IDENTIFIES),
        ("https://shop.example/sale?card=k7-220-X", Effect.IDENTIFIES),
        ("https://shop.example/sale?e=ann%40mail.example", Effect.IDENTIFIES),
        ("https://shop.example/sale?e=ann%2540mail.example", Effect.IDENTIFIES),
        ("https://shop.example/sale?for=other@mail.example", Effect.IDENTIFIES),
        ("https://shop.example/sale?h=" + hashlib.md5(b"ann@mail.example").hexdigest(), Effect.IDENTIFIES),  # noqa: S324
        ("https://shop.example/sale?h=" + base64.urlsafe_b64encode(b"ann@mail.example").decode().rstrip("="), Effect.IDENTIFIES),
        ("https://shop.example/sale?mc_eid=0a1", Effect.IDENTIFIES),
        ("https://shop.example/sale?subscriber-id=x", Effect.IDENTIFIES),
        ("https://shop.example/sale?token=x", Effect.IDENTIFIES),
        ("https://shop.example/sale/6f1c2b9e-5a4d-4c3b-8a2f-1e0d9c8b7a65", Effect.IDENTIFIES),
        ("https://shop.example/s/Zk3xQ9aB7cD2eF4g", Effect.IDENTIFIES),
        ("https://shop.example/sale?u={{customer.id}}", Effect.IDENTIFIES),
        ("https://shop.example/sale?u=*|UNIQID|*", Effect.IDENTIFIES),
        ("https://shop.example/" + "a" * 5_000, Effect.IDENTIFIES),
    ],
)  # fmt: skip
def test_a_url_tells_that_it_is_personal(url: str, does: Effect) -> None:
    assert effect(url, "Shop now", ANN) == does


@pytest.mark.parametrize(
    "wrapper", [wrapper for wrapper in WRAPPERS if wrapper.example], ids=lambda wrapper: wrapper.name
)
def test_a_wrapped_link_is_never_the_same_for_everybody(wrapper: object) -> None:
    assert effect(wrapper.example, "Sale") is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "label"),
    [
        (SALE, "Shop now"),
        (f"{SALE}?size=42&page=2&utm_source=newsletter&utm_content=0a1b2c3d4e5f60718293", "Sale"),
        ("https://shop.example/10-tips-for-2026-spring-garden-makeovers", "Ten tips"),
        ("https://shop.example/p/20260414", "Tulips"),
        ("https://shop.example/PlatformProductDetail.jsp?title=shopWinsCourtCaseAgainstTulips", "News"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "Watch"),
        ("https://docs.google.com/document/d/1aB2cD3eF4gH5iJ6kL7mN8oP/edit", "Read"),
        ("https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fshop.example%2Fsale", "Share"),
        ("https://twitter.com/intent/tweet?url=https://shop.example/sale", "Tweet"),
        ("https://shop.example/login?return=https://www.shop.example/account", "Account"),
        ("https://medium.com/@shop/tulips", "Blog"),
        ("https://www.google.com/maps/@52.37,4.89,15z", "Map"),
        ("mailto:info@shop.example?subject=Tulips", "Write to us"),
        ("tel:+31201234567", "Call us"),
        ("https://shop.example/mexico", "Baja California"),
        ("https://shop.example/confirmed", "Confirmed: our summer dates"),
        ("https://preferences.example/sale", "Sale"),
    ],
)  # fmt: skip
def test_other_links_are_the_same_for_everybody(url: str, label: str) -> None:
    assert effect(url, label, ANN) is None


@pytest.mark.parametrize(
    "url",
    ["https://shop.example/list?page=1", "https://shop.example/list?a=b&size=1#top", "https://1.example/a"],
)
def test_a_short_id_is_no_page_number(url: str) -> None:
    assert effect(url, "List", Recipient("ann@mail.example", "1")) is None
    assert effect("https://shop.example/list?u=1&page=1", "List", Recipient(None, "1")) == Effect.IDENTIFIES


@pytest.mark.parametrize(
    "label",
    [
        "here",
        "Click here",
        "hier",
        "klik hier",
        "ici",
        "cliquez ici",
        "aquí",
        "qui",
        "här",
        "tutaj",
        "здесь",
        "this link",
        "",
    ],
)
def test_some_labels_say_nothing(label: str) -> None:
    assert says_nothing(label)
    assert not says_nothing(f"{label} tulips")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_link_is_read(url: str, label: str) -> None:
    for address in (url, f"https://shop.example/{url}", f"mailto:{url}"):
        assert effect(address, label, ANN) in {None, *Effect}
        assert effect(address, label, NOBODY) in {None, *Effect}
