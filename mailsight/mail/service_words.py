# ruff: noqa: E501 - tables of words are easier to follow on few lines
"""The words of links that serve an e-mail rather than its content, in the languages of Europe and some others.

They are searched for in text without accents and punctuation, in lower case (`plain`).
"""

import re
import unicodedata

from .expressions import Expression, compiled
from .values import words

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "ß": "ss", "œ": "oe", "ð": "d"})
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """The text's words in lower case, without accents."""
    return _BETWEEN_WORDS.sub(" ", _without_accents(text.lower().translate(_LETTERS))).strip()


def _without_accents(text: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", "".join(letters))


def _expression(pattern: str) -> Expression:
    """A pattern whose words are without accents too, and in which a word's letters are those of any alphabet."""
    return compiled(_without_accents(pattern).replace(r"\w", r"\pL"))


UNSUBSCRIBES = _expression(
    # English
    r"unsub|opt(?:ed|ing|s)? ?(?:me ?)?out\b|sign ?off|\bremove (?:me|my|your|this|yourself)|remove ?from ?(?:the |our |this )?(?:mailing )?list"
    r"|take me off|stop (?:receiving|getting|these|all|our|sending)|stop ?e? ?mails?\b|no longer (?:wish|want|like)"
    r"|(?:don ?t|do not) (?:want|wish)|\bleave (?:this |the |our )?(?:mailing )?(?:list|newsletter)|(?:cancel|end|stop) .{0,20}subscri"
    r"|(?:report|mark).{0,12}(?:spam|abuse|junk)"
    # German, Dutch
    r"|abmeld|abgemeldet|\babbestell|\bab(?:bestellung|o) ?(?:kundig|beend)|\baustragen|newsletter.{0,15}(?:kundig|beend|stopp)"
    r"|nicht (?:mehr|langer) (?:erhalten|bekommen|empfangen)|keine (?:weiteren )?e? ?(?:mails?|newsletter)"
    r"|uitschrij|uitgeschreven|afmeld|afgemeld|\bopzeg|niet (?:meer|langer) ontvangen|geen (?:e ?mails?|nieuwsbrie\w+) meer"
    # French, Italian, Spanish, Catalan, Portuguese, Romanian
    r"|desabo|desinscri|(?:ne )?plus recevoir|resili|se desengag|disiscri|cancella(?:rsi|ti|mi|zione)|disdi(?:re|ci)\b"
    r"|(?:annulla|cancella|revoca|elimina).{0,20}(?:iscri|abbona)|non (?:voglio|vuoi|desidero|desideri)|non .{0,12}piu ricevere"
    r"|\bde baja\b|^baja$|\bbajas?$|\bbaja (?:newsletter|boletin|suscri)|desuscri|desinscriu|\bde baixa\b|^baixa$|desapunt"
    r"|(?:cancel|anul|elimin|remov|deten)\w* .{0,25}(?:suscri|inscri|subscri|assinatura|cadastro)|no (?:deseo|quiero|deseas?|quieres?|desea)\b"
    r"|dejar de recibir|descadastr|deixar de receber|nao (?:quero|deseja|desejo|quer)|dezabon|renunt|anuleaza abon"
    # Swedish, Norwegian, Danish, Icelandic, Finnish
    r"|avregistr|avprenumer|avanmal|avbestall|avslut\w* .{0,15}(?:prenum|abonn)|avmeld|meld(?:e)? (?:meg|deg|dig) (?:av|fra)|stopp? .{0,10}nyhetsbr"
    r"|afmeld|frameld|afbestil|opsig|afskra|peru\w* .{0,15}(?:tilau|uutiskir)|(?:lopeta|poista) .{0,15}(?:tilau|list)|poistu .{0,12}list"
    # Polish, Czech, Slovak, Hungarian, Slovenian, Croatian, Serbian, Lithuanian, Latvian, Estonian, Albanian
    r"|wypis|rezygn|wyrejestr|(?:anuluj|zakoncz|usun) .{0,20}(?:subskryp|prenumer|adres)|odsubskryb|odhlas|(?:zrus|ukonc)\w* .{0,15}odber"
    r"|leiratkoz|lemond\w* .{0,12}hirlev|\bodjav|otkaz\w* .{0,12}pretplat|atsisak|atraksti|atteik|anulet .{0,15}abon|\bloobu|tuhista .{0,15}tellim"
    r"|cregjistro|ndalo .{0,10}abon"
    # Russian, Ukrainian, Belarusian, Bulgarian, Macedonian, Serbian, Greek
    r"|отпис|отказа|не (?:хочу|желаю|хотите) .{0,15}получать|відпис|відмов|скасувати .{0,15}підпис|адпіс|отпиш|откаж|одјав|отпишете"
    r"|διαγραφ|απεγγραφ|καταργ|ακυρω|δεν .{0,10}επιθυμ"
    # Turkish, and outside Europe
    r"|abonelik\w* .{0,15}(?:ayril|cik|iptal)|abonelikten|listeden c|uyelikten|aboneligi|almak istemiyor"
    r"|配信(?:停止|解除|を停止)|購読(?:解除|停止|をやめ)|登録解除|退会|退订|退訂|取消订阅|取消訂閱|수신 ?거부|구독 ?(?:취소|해지)"
    r"|الغاء الاشتراك|إلغاء الاشتراك|ביטול ה?(?:רשמה|מנוי)|הסר[הת]? |huy dang ky|berhenti berlangganan"
)
PREFERENCES = _expression(
    r"preferen[cstz]|preferint|praferenz|\bprefs?\b|pref ?cent|profile ?cent|subscription ?cent|(?:manage|update|change|edit|modify)\b.{0,25}(?:subscri|e ?mails?\b|profile|prefer|notification|setting|details|frequency|list|data|address)"
    r"|managesub|updateprofile|updatepref|(?:subscription|e ?mail|notification|newsletter|communication|contact) ?(?:setting|option|choice)"
    r"|einstellung|(?:abo\w*|profil|newsletter|daten|adresse) .{0,10}(?:verwalt|ander|bearbeit|aktualisier|anpass)|voorkeur|(?:gegevens|profiel|abonnement|instellingen) .{0,10}(?:wijzig|aanpass|beheer)|instellingen"
    r"|(?:gere[rz]|gerez|modifie[rz]|mettre a jour|changer|actualiser) .{0,30}(?:abonn|prefer|inscri|profil|coordonn|donnees|e ?mail)"
    r"|(?:gestiona|administra|actualiza|modifica|cambia|edita|atualiza|gerencia|altera)\w* .{0,25}(?:suscri|subscri|prefer|perfil|datos|dados|correo|e ?mail|inscri)|gerir .{0,20}(?:subscri|prefer)"
    r"|(?:gestisci|aggiorna|modifica|cambia) .{0,25}(?:prefer|iscri|abbon|profil|dati)|impostazioni|(?:hantera|uppdatera|andra) .{0,20}(?:prenum|profil|uppgifter)"
    r"|installning|indstilling|innstilling|(?:administrer|opdater|oppdater|rediger|endre) .{0,20}(?:abonn|profil|oplysn|opplysn)|asetu[ks]|(?:muokkaa|paivita|hallitse) .{0,20}(?:tilau|tieto|profi)"
    r"|ustawieni|(?:zarzadzaj|zmien|aktualizuj|edytuj) .{0,20}(?:subskryp|prenumer|dane|profil|preferen)|nastaven|nastavit|(?:spravovat|upravit|zmenit) .{0,15}(?:odber|udaj|profil)"
    r"|beallitas|adatmodosit|(?:adatok|adataim) .{0,12}modosit|setari|postavk|podesavanj|nustatym|iestatijum|\bseaded|parametrat"
    r"|настройк|налаштуван|управл\w* .{0,15}(?:подпис|рассыл)|предпочит|предпочитан|подешав|поставк|ρυθμισ|προτιμησ|ayarlar|tercih|(?:abonelik|profil)\w* .{0,10}(?:yonet|guncelle)"
    r"|配信設定|登録情報|偏好|订阅管理|訂閱管理|수신 ?설정|تفضيلات|העדפות"
)
CONFIRMS = _expression(
    r"\bconfirm(?:e[rzs]?|ar|are|ati|a|ation|subscription|email)?\b|\bverif(?:y|ier|iez|icar?|ica|izier\w*|ieer|ication)|\bvalidat|valide[rz]\b|\bactivat|\bactive[rz]\b|\bactivar|\battiva|opt(?:ing)? ?in\b|\bdoi\b"
    r"|bestatig|aktivier|freischalt|bevestig|activeer|\bconferma|bekraft|bekraeft|bekreft|vahvist|aktivoi|potwierd|aktywuj|potvrd|potvrzen|aktivovat|megerosit|potrdi|patvirtin|apstiprin|\bkinnita|konfirmo"
    r"|подтверд|активир|підтверд|потвърд|потврд|επιβεβαι|ενεργοπ|onayla|dogrula|reset ?(?:your |my )?password|passwort zuruck|magic ?link|one ?time ?(?:login|link)"
    r"|\brsvp\b|accept ?(?:the |your )?invit|確認する|登録を確認|确认订阅|確認訂閱|구독 ?확인|تاكيد|אישור הרשמה"
)
SHOWS_MAIL = _expression(
    r"(?:view|read|open|see|display|trouble|show).{0,40}(?:browser|online|on the web|web ?page)|view ?in ?browser|view ?online|web ?version|online ?version|browser ?version|mirror ?page|web ?view|webcopy"
    r"|browser ?ansicht|\bim browser|online ?ansicht|webansicht|webversion|online ?versie|web ?versie|in (?:je|uw|de|een) (?:web)?browser|dans (?:votre|le|un|ton) navigateur|version (?:en ligne|web|en linea|online|navigateur)"
    r"|en (?:el|tu|su|un) navegador|no (?:seu |teu )?navegador|versao (?:web|online)|nel (?:tuo )?browser|versione (?:web|online)|al navegador|i (?:din |en |nett)?(?:webblasare|browser|nettleser)|webblasar|webbversion|webbversjon|nettversjon|nettleser"
    r"|selaime|verkkoversi|przegladar|prohlize|prehliada|bongeszo|\bin browser|pregledni|brskalnik|preglednik|narsykl|parluk|brauser|shfletues|браузер|браузър|прегледувач|прегледач|browser σας|περιηγησ|φυλλομετρ|tarayici"
    r"|ブラウザ|浏览器|瀏覽器|브라우저|المتصفح|בדפדפן|forward (?:to|this)|friend"
)
# Labels that say nothing without the sentence around them.
HERE = words("""
    here click this link tap press page the below now button hier klick klicken sie diesen bitte auf link klik deze op
    ici cliquez cliquer sur ce lien aqui aca haz haga pulsa clic clica clique en este enlace neste qui clicca fai su
    questo har klicka klikk trykk tryk klikke denne lanken lenken linket tassa taalla napsauta klikkaa tasta tutaj
    kliknij w ten zde kliknete kliknete tu kliknite ide itt kattints kattintson aici ovdje ovde kliknite tukaj
    здесь тут нажмите кликните щелкните ссылку ссылке кликнете εδω κλικ buraya tiklayin こちら 这里 這裡 点击 여기 cia seit siit
    www http https
""")
