"""What each merge language understands of the pieces of code in a template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailsight.mail.expressions import Expression, compiled, escaped

from .languages import Language

_S = r"\s*"
# Any character beyond ASCII may be part of a name. (The classes of letters would take a second to compile.)
_LETTERS = r"A-Za-z_\x{80}-\x{10FFFF}"
_WORD = rf"[{_LETTERS}][{_LETTERS}0-9]*"
_NAME = rf"{_WORD}(?:[.\- ]+[{_LETTERS}0-9]+)*"
_QUOTED = r"(?:\"[^\"]*\"|'[^']*')"
_NUMBER = r"-?\d+(?:\.\d+)?"
_PATH = rf"{_WORD}(?:\.[{_LETTERS}0-9\-]+)*"


def _words(text: str) -> str:
    return rf"(?:{'|'.join(map(escaped, text.split()))})"


# Mustache and Handlebars

#: The helpers of `handlebars`; other names may be fields with spaces.
HELPERS = (
    "abbreviate and capitalize capitalizeFirst center concat cut dateFormat dateMath default "
    "defaultIfEmpty encodeURIComponent eq equal equals formatDate greaterThan gt gte ifContains "
    "ifContainsStr ifEq ifGt ifGte ifLt ifLte ifMatchesRegexStr ifModEq ifNotEq insert isEqual join "
    "length lessThan log lookup lower lowercase lt lte math md5 ne neq not notEqual notEquals now "
    "numberFormat or replace sha1 sha256 slugify stripTags striptags substring title toUrlEncodedJson "
    "upper uppercase url urlEncode"
)
_HELPER = _words(HELPERS)
_OBJECT = rf"(?:@?(?:\.\./|\./)*(?:{_WORD}|\[[^\]]+\])(?:[./](?:[{_LETTERS}0-9\-]+|\[[^\]]+\]))*|\.|\.\./?(?:\.\./?)*)"
# Not Go's names, which start with a dot.
_ARGUMENTS = r"(?:[^{}|%\s]|\s+(?:[^{}|%\s.]|\.\.?/|\.\.?[\s)~]))*(?:\s+\.\.?)?\s*"
_HELPER_CALL = rf"\{{\{{\{{?~?{_S}{_HELPER}\s+{_ARGUMENTS}~?\}}?\}}\}}"
_MUSTACHE = (
    rf"\{{\{{\{{?&?{_S}(?:{_NAME}|\.){_S}\}}\}}\}}?",
    rf"\{{\{{{_S}[#^/]{_S}{_PATH}{_S}\}}\}}",
    r"\{\{!.*\}\}",
    r"\{\{>[^{}]*\}\}",
    r"\{\{=[^{}]*=\}\}",
)
_HANDLEBARS = (
    rf"\{{\{{\{{?~?&?{_S}(?:{_NAME}|{_OBJECT}|{_QUOTED}){_S}~?\}}?\}}\}}",
    _HELPER_CALL,
    rf"\{{\{{~?[#^]{_S}{_OBJECT}(?:\s+{_ARGUMENTS}(?:\|[^|]*\|)?)?{_S}~?\}}\}}",
    rf"\{{\{{~?/{_S}{_OBJECT}{_S}~?\}}\}}",
    rf"\{{\{{~?{_S}(?:else(?:(?:\s+|if\s+){_ARGUMENTS})?|\^){_S}~?\}}\}}",
    r"\{\{~?!.*\}\}",
    r"\{\{~?(?:#?>|#\*)[^{}]*\}\}",
    r"\{\{\{\{[^{}]*\}\}\}\}",
)
_MUSTACHIO = (
    *_MUSTACHE,
    rf"\{{\{{[#^/]?{_S}(?:\.\./)+{_S}(?:{_PATH}|\.)?{_S}\}}\}}",
    rf"\{{\{{#each\s+(?:(?:\.\./)*{_PATH}|\.){_S}\}}\}}",
    r"\{\{/each\}\}",
    r"\{\{\{?\s*(?:pm:[\w ]+|@content)\s*\}\}\}?",
)

# Liquid, Django and HubL

_BRAZE = r"\$\{[^{}]*\}"
_LIQUID_PATH = rf"(?:{_WORD}|{_BRAZE})(?:\??\.(?:[{_LETTERS}0-9\-]+|{_BRAZE})|\[[^\]]*\])*\??"
_LIQUID_VALUE = rf"(?:{_QUOTED}|{_NUMBER}|{_LIQUID_PATH}|\{{\{{{_S}{_LIQUID_PATH}{_S}\}}\}})"
_LIQUID_FILTERS = _words(
    "abs add_day add_month add_year append array_to_sentence_string as_json_string asset_url at_least "
    "at_most base64 base64_decode base64_encode base64_url_safe_decode base64_url_safe_encode "
    "camelcase capitalize ceil cgi_escape compact concat currency date date_to_long_string "
    "date_to_rfc822 date_to_string date_to_xmlschema default divided_by downcase escape escape_once "
    "fallback find find_index first floor format_currency format_number from_json group_by h handle "
    "handleize has hmac_sha1 hmac_sha1_base64 hmac_sha1_hex hmac_sha256 hmac_sha256_base64 "
    "hmac_sha256_hex hmac_sha512 image_url img_url join json json_array_uniq json_escape json_parse "
    "last link_to lstrip map md5 minus modulo money newline_to_br normalize_whitespace "
    "number_of_words number_with_delimiter pluralize plus pop prepend product_url property_accessor "
    "push raw reject remove remove_first remove_last replace replace_first replace_last reverse round "
    "rounded_currency rstrip sha1 sha2 sha256 shift size slice slugify sort sort_natural split squish "
    "strip strip_html strip_newlines subtract_day subtract_month subtract_year sum t time_zone times "
    "timestamp timezone titlecase to_integer to_json truncate truncatewords uniq unshift upcase "
    "uri_escape url_decode url_encode url_escape url_param_escape where where_not xml_escape"
)
_LIQUID_CHANGES = rf"(?:{_S}\|{_S}{_LIQUID_FILTERS}(?:{_S}:[^|{{}}]*)?)*"
_LIQUID_RANGE = r"(?:\s+(?:limit:|offset:|reversed)[^%]*)?"
_LIQUID_TEST = (
    rf"{_LIQUID_VALUE}(?:(?:{_S}(?:==|!=|<>|<=|>=|<|>){_S}|\s+(?:contains|and|or)\s+){_LIQUID_VALUE})*"
)
_LIQUID_TAGS = _words(
    "capture increment decrement render tablerow connected_content abort_message liquid echo "
    "catalog_items catalog_selection_items subscription_state include section layout message_extras"
)
_LIQUID_MARKS = _words(
    "else endif endunless endcase endfor endcapture comment endcomment raw endraw break continue "
    "endtablerow endsnippet"
)
_LIQUID = (
    rf"\{{\{{-?{_S}{_LIQUID_VALUE}{_LIQUID_CHANGES}{_S}-?\}}\}}",
    rf"\{{%-?{_S}(?:if|elsif|unless|when|case)\s+{_LIQUID_TEST}(?:{_S},{_S}{_LIQUID_VALUE})*{_S}-?%\}}",
    rf"\{{%-?{_S}for\s+{_WORD}\s+in\s+(?:{_LIQUID_VALUE}|\([^()]*\)){_LIQUID_RANGE}{_S}-?%\}}",
    rf"\{{%-?{_S}assign\s+[\w\-]+{_S}={_S}{_LIQUID_VALUE}{_LIQUID_CHANGES}{_S}-?%\}}",
    rf"\{{%-?{_S}cycle\s+{_LIQUID_VALUE}(?:{_S}[,:]{_S}{_LIQUID_VALUE})*{_S}-?%\}}",
    rf"\{{%-?{_S}{_LIQUID_TAGS}(?:[\s({{][^%]*)?-?%\}}",
    rf"\{{%-?{_S}{_LIQUID_MARKS}{_S}-?%\}}",
    r"\{%-?\s*#.*%\}",
)
_DJANGO_FILTERS = _words(
    "abs add addslashes append at_least at_most base64_decode base64_encode base64_url_safe_decode "
    "base64_url_safe_encode capfirst capitalize ceil center compact concat count currency_format cut "
    "date date_filter datetime_from_string days_later default default_if_none dictfilter dictsort "
    "dictsortreversed divide divided_by divisibleby downcase escape escapejs escapeseq filesizeformat "
    "find_replace first floatadd floatdiv floatformat floatmult floatsub floor force_escape "
    "format_date_string format_datetime_string from_timestamp get_digit gt gte hash hmac index "
    "intcomma iriencode join json json_script last length length_is linebreaks linebreaksbr "
    "linenumbers list_to_string list_where ljust lookup lower lowercase lstrip lt lte make_list map "
    "md5 md5_hash minus missing_image missing_product_image modulo multiply naturalday newline_to_br "
    "now_from percentize phone2numeric pluralize plus pprint prepend random remainder remove "
    "remove_first remove_last replace_first replace_last reverse rjust round round_down round_up "
    "rstrip safe safeseq sha1 sha256 sha_1 sha_256 shorten size slice slugify sort sort_natural split "
    "split_string string_to_date string_to_float string_to_int stringformat strip strip_html "
    "strip_newlines striptags subtract sum_list time times timesince timeuntil title trim_slash "
    "truncatechars truncatechars_html truncatewords truncatewords_html uniq unordered_list upcase "
    "upper uppercase urldecode urldecodeplus urlencode urlencodeplus urlize user_country where "
    "wordcount wordwrap yesno"
)
_DJANGO_PLAIN = rf"(?:{_QUOTED}|{_NUMBER}|{_PATH})"
_DJANGO_VALUE = rf"(?:{_DJANGO_PLAIN}(?:{_S}\|{_S}{_DJANGO_FILTERS}(?:{_S}:{_S}{_DJANGO_PLAIN})?)*)"
_DJANGO_SIGNS = r"(?:\s+(?:==|!=|<=|>=|<|>|in|not\s+in|is|is\s+not|and|or)\s+|\s*(?:&&|\|\|)\s*)"
_DJANGO_TEST = rf"(?:not\s+|!)*{_DJANGO_VALUE}(?:{_DJANGO_SIGNS}(?:not\s+|!)*{_DJANGO_VALUE})*"
_DJANGO_TAGS = _words(
    "autoescape barcode catalog comment coupon_code currency_format customobject customobjects cycle "
    "filter firstof form_link has_category ifchanged ifequal ifnotequal manage_preferences now "
    "regroup render_variable sms_consent templatetag today unsubscribe update_property_link url "
    "verbatim view_in_browser web_view widthratio with"
)
_DJANGO_MARKS = _words(
    "current_day current_month current_month_name current_weekday current_year else empty "
    "endautoescape endcatalog endcomment endcustomobject endcustomobjects endfilter endfor endif "
    "endifchanged endifequal endifnotequal endspaceless endverbatim endwith forward_to_friend lorem "
    "manage_preferences manage_preferences_link organization spaceless unsubscribe unsubscribe_link "
    "view_in_browser web_view web_view_link"
)
_DJANGO = (
    rf"\{{\{{{_S}{_DJANGO_VALUE}{_S}\}}\}}",
    rf"\{{%{_S}(?:if|elif)\s+{_DJANGO_TEST}{_S}%\}}",
    rf"\{{%{_S}for\s+{_WORD}(?:{_S},{_S}{_WORD})*\s+in\s+{_DJANGO_VALUE}(?:\s+reversed)?{_S}%\}}",
    rf"\{{%{_S}set\s+\w+{_S}={_S}{_DJANGO_PLAIN}(?:\|{_DJANGO_FILTERS}:{_DJANGO_PLAIN})+{_S}%\}}",
    rf"\{{%{_S}{_DJANGO_TAGS}(?:\s(?:{_QUOTED}|[^%])*)?%\}}",
    rf"\{{%{_S}{_DJANGO_MARKS}{_S}%\}}",
    r"\{#.*#\}",
)
_HUBL_TAGS = _words(
    "block blog_content boolean call choice color content_attribute cta custom_widget cycle do dnd_area dnd_column "
    "dnd_module dnd_row dnd_section else elif email_body email_flex_area email_subscriptions endblock endcall "
    "endcontent_attribute enddnd_area endfilter endfor endif endifchanged endmacro endraw endset endunless extends "
    "filter flex_area for form from gallery global_module global_partial header icon if ifchanged image "
    "image_src import include linked_image logo macro menu module module_attribute "
    "module_block office_location_information post_listing print raw require_css require_js rich_text set "
    "simple_menu social_sharing space text textarea trans unless widget_attribute widget_block widget_container"
)
_HUBL_VALUE = (
    rf"(?:{_QUOTED}|{_NUMBER}|[\[({{]|{_PATH})(?:{_QUOTED}|[^{{}}%\"']|\}}[^}}])*"  # any expression of Jinja
)
_HUBL = (
    rf"\{{\{{[-+]?{_S}{_HUBL_VALUE}{_S}-?\}}\}}",
    rf"\{{%[-+]?{_S}{_HUBL_TAGS}(?:[\s(](?:{_QUOTED}|[^%\"']|%[^}}])*)?[-+]?%\}}",
    r"\{#.*#\}",
)

# The others

_INDEX = rf"\[(?:[1-9]\d*|{_QUOTED}|{_PATH})\]"  # the first item is 1
_SPARKPOST_PATH = rf"#?{_PATH}(?:{_INDEX}(?:\.{_PATH})?)*"
_MACRO = _words(
    "empty render_dynamic_content opening_double_curly closing_double_curly opening_triple_curly closing_triple_curly"
)
_SPARKPOST_VALUE = rf"(?:not\s+)*(?:{_MACRO}\([^{{}}]*\)|\([^{{}}]*\)|{_QUOTED}|{_NUMBER}|{_SPARKPOST_PATH})"
_SPARKPOST_TEST = (
    rf"{_SPARKPOST_VALUE}(?:(?:{_S}(?:==|!=|<=|>=|<|>){_S}|\s+(?:and|or)\s+){_SPARKPOST_VALUE})*(?:\s+then)?"
)
_SPARKPOST = (
    rf"\{{\{{\{{?{_S}{_SPARKPOST_VALUE}(?:\s+or\s+{_SPARKPOST_VALUE})*{_S}\}}\}}\}}?",
    rf"\{{\{{{_S}(?:if|elseif)\s+{_SPARKPOST_TEST}{_S}\}}\}}",
    rf"\{{\{{{_S}each\s+{_SPARKPOST_PATH}{_S}\}}\}}",
    rf"\{{\{{{_S}(?:else|end){_S}\}}\}}",
)
_MAILJET = (
    r"\{\{[^{}|]*\}\}",
    r"\[\[.*\]\]",
    rf"\{{%{_S}(?:if|elseif)\s+[^%{{}}|]*%\}}",
    rf"\{{%{_S}(?:else|endif|endfor){_S}%\}}",
    rf"\{{%{_S}for\s+\w+\s+in\s+[^%{{}}|]+%\}}",
    rf"\{{%{_S}set\s+[\w\-]+{_S}=[^%{{}}|]+%\}}",
)
_GO_FUNCTIONS = _words(
    "TrackLink TrackView UnsubscribeURL ManageURL OptinURL MessageURL ArchiveURL RootURL LogoURL L Date Safe "
    "and or not len index slice print printf println html js urlquery eq ne lt le gt ge upper lower title "
    "trim default date now add sub mul div mod join replace trunc ternary contains hasPrefix hasSuffix "
    "coalesce empty dict list first last quote env call repeat round until"
)
_GO = (
    rf"\{{\{{-?{_S}[.$][^{{}}]*\}}\}}",
    rf"\{{\{{-?{_S}(?:if|else\s+if|with|range|template|define|block)\s+(?:{_GO_FUNCTIONS}\s+)?[(.$\"`\d].*\}}\}}",
    rf"\{{\{{-?{_S}(?:else|end|break|continue){_S}-?\}}\}}",
    rf"\{{\{{-?{_S}\(\w+\s+[.$][^{{}}]*\}}\}}",
    rf"\{{\{{-?{_S}(?:{_GO_FUNCTIONS}|L\.\w+)\s+[^|{{}}\s][^{{}}]*\}}\}}",
    rf"\{{\{{-?{_S}[^{{}}|]+\|{_S}{_GO_FUNCTIONS}\s+[\"`.$(\d][^{{}}]*\}}\}}",
    rf"\{{\{{-?{_S}(?:[A-Z]\w*URL|TrackView){_S}-?\}}\}}",
    r"\{\{-?\s*/\*.*\*/\s*-?\}\}",
    "@TrackLink",
)
_DEFAULT = rf"(?:{_QUOTED}|[{_LETTERS}][{_LETTERS} ]*)"
_PLAIN = (
    rf"\{{\{{\{{?{_S}\.?{_NAME}{_S}\}}\}}\}}?",
    rf"\{{\{{\{{?{_S}{_NAME}(?::default=[^{{}}]*|{_S}(?:\||\?\?){_S}{_DEFAULT}){_S}\}}\}}\}}?",
    rf"\*\|{_NAME}\|\*",
    rf"%%{_NAME}%%",
)


@dataclass(frozen=True, slots=True)
class Understanding:
    """The pieces that a language understands, and the names that only its senders have."""

    pieces: Expression
    names: Expression | None = None


def _matching(patterns: Iterable[str]) -> Expression:
    return compiled("|".join(f"(?:{pattern})" for pattern in patterns), dot_is_any=True)


# The plainest first.
LANGUAGES: Mapping[Language, Understanding] = {
    Language.PLAIN: Understanding(_matching(_PLAIN)),
    Language.MAILCHIMP: Understanding(_matching([r"\*\|.*\|\*"])),
    Language.ACTIVECAMPAIGN: Understanding(_matching([r"%[^%].*[^%]%"])),
    Language.AMPSCRIPT: Understanding(_matching([r"%%.*%%"])),
    Language.MAUTIC: Understanding(_matching([r"\{[^{%].*\}"])),
    Language.MUSTACHE: Understanding(_matching(_MUSTACHE)),
    Language.HANDLEBARS: Understanding(_matching(_HANDLEBARS), _matching([r"\{\{\s*this\b|\{\{~?!--"])),
    Language.MUSTACHIO: Understanding(_matching(_MUSTACHIO), _matching([r"\{\{\s*(?:pm:|@content)"])),
    Language.GO: Understanding(_matching(_GO)),
    Language.LIQUID: Understanding(
        _matching(_LIQUID),
        _matching(
            [
                r"\$\{|\b(?:subscriber|customer|visitor|order|shop|canvas_entry_properties|event_properties|trigger)\.|\bforloop\.r?index",
                r"\|\s+\w+: ",
            ]
        ),
    ),
    Language.DJANGO: Understanding(
        _matching(_DJANGO),
        _matching(
            [
                r"\b(?:person|event|organization|params|update_profile|forloop\.(?:parentloop\.)*(?:rev)?counter0?)\b",
                r"\bcontact\.[A-Z]",
                r"\|\w+:\S|\w :",
            ]
        ),
    ),
    Language.SPARKPOST: Understanding(_matching(_SPARKPOST)),
    Language.HUBL: Understanding(
        _matching(_HUBL),
        _matching(
            [r"\b(?:contact\.[a-z]|company\.|deal\.|content\.|site_settings|personalization_token|loop\.)"]
        ),
    ),
    Language.MAILJET: Understanding(_matching(_MAILJET)),
}

#: A call of a helper of Handlebars, which could be a name with spaces.
HELPER_CALL = _matching([_HELPER_CALL])
#: A field with a filter of Liquid or Django, which could be a default value.
FILTERED = _matching([rf"\{{\{{[^|{{}}]*\|{_S}(?:{_LIQUID_FILTERS}|{_DJANGO_FILTERS}){_S}\}}\}}"])
#: A name of Mailjet.
NAMESPACE = _matching([r"[{\[(\s!](?:var|data|mj|segmentation):[^\s:]"])
