"""Templates of all senders, in the words of their documentation: each is recognised as what it is written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.handlebars import helpers as handlebars
from mailsight.merging.languages import Language
from mailsight.merging.recognition import fitting, recognised
from mailsight.merging.understood import HELPERS, LANGUAGES

TEMPLATES = {
    Language.PLAIN: [
        "",
        "No fields at all, 100% of it, { not even } [here]",
        "Hi {{name}}",
        "Hi {{ first_name }} {{ last_name }}",
        "Hi {{{first_name}}}",
        "Dear {{First name}}, {{Last name}}",
        "Hi {{ .Name }}",
        "Hi {{ .Subscriber.FirstName }}",
        "{{ person.first_name }}",
        "{{contact.FIRSTNAME}}",
        "Hi {{first_name|there}}",
        'Hi {{first_name|"there"}}',
        "Hi {{{contact.first_name|friend}}}",
        "{{lead.First Name:default=friend}}",
        "Hi *|FNAME|*",
        "*|FNAME|* *|LNAME|* *|MC_PREVIEW_TEXT|*",
        "Hi %FIRSTNAME%, your %recipient.code%",
        "Hi %%First Name%%",
        "Hi [FIRSTNAME], hi [firstname,fallback=there]",
        "[if:city=Oslo]a[else]b[endif]",
        "Hi {$name}, {$city|default('x')}",
        "Hi [[FIRSTNAME]]",
        "{first_name} {!firstname_fix} ${name} ##name## ~~name~~ -name-",
        "<style>a{color:red}@media(max-width:9px){b{width:100%;height:50%}}</style><!--[if mso]>x<![endif]--> {{name}}",
        'url(https://x.example/%C3%A9?u={{email}}&c=50%25) {{ "x',
        "{{ !! }}",
    ],
    Language.MAILCHIMP: [
        "*|IF:FNAME|*Hi *|FNAME|**|ELSE:|*Hi*|END:IF|*",
        "*|IFNOT:ORDERS>5|*x*|END:IF|*",
        "*|INTERESTED:Shops:Oslo,Rome|*a*|END:INTERESTED|*",
        "(c) *|DATE:Y|* *|LIST:COMPANY|*",
        "*|TITLE:FNAME|*",
        "*|HTML:LIST_ADDRESS_HTML|*",
        "*|MC:SUBJECT|*",
        "*|IF:PLAN=pro|*a*|ELSEIF:PLAN=free|*b*|END:IF|*",
        "*|RSSITEM:TITLE|* *|UNSUB|*",
        "*|GROUP:Shops|* *|FACEBOOK:LIKE|*",
    ],
    Language.ACTIVECAMPAIGN: [
        '%IF $COUNTRY == "Norway"%Hei%ELSE%Hi%/IF%',
        "Hi %FIRSTNAME% %IF !empty($CITY)%in %CITY%%/IF%",
        "%IF in_array('vip', $TAGS)%Thanks%ELSEIF $ORDERS > 3%Hello%/IF%",
        "%IF $AGE >= 18%a%/IF% <p style='width:50%'>",
    ],
    Language.AMPSCRIPT: [
        "%%=v(@firstName)=%%",
        "%%[ SET @name = AttributeValue('First Name') ]%% Hi %%=v(@name)=%%",
        "%%=ProperCase([First Name])=%%, %%emailaddr%%",
        '%%[ IF @tier == "gold" THEN ]%% a %%[ ELSE ]%% b %%[ ENDIF ]%%',
        "%%=RedirectTo(@link)=%% %%view_email_url%%",
    ],
    Language.MAUTIC: [
        "Hi {contactfield=firstname|there}",
        "{contactfield=firstname} {unsubscribe_text}",
        '{dynamiccontent="Slot 1"}',
        "<a href='{pagelink=3}'>x</a> {webview_url}",
        "{ownerfield=firstname} {tracking_pixel}",
        "{leadfield=city}",
    ],
    Language.MUSTACHE: [
        "{{#vip}}a{{/vip}}",
        "{{#items}}{{title}} {{price}}{{/items}}{{^items}}none{{/items}}",
        "{{#person}}{{first}}{{/person}} {{{html}}} {{&raw}}",
        "{{! a comment }}{{name}}",
        "{{#tags}}{{.}}{{/tags}}",
        "{{> footer}} {{name}}",
        "{{=<% %>=}}",
        "{{# repo }}<b>{{ name }}</b>{{/ repo }}",
        "{{#order.items}}{{sku}}{{/order.items}}",
    ],
    Language.HANDLEBARS: [
        "{{#if user.vip}}a{{else}}b{{/if}}",
        "{{#if user.male}}Sir{{else if user.female}}Madam{{else}}Customer{{/if}}",
        "{{#unless user.active}}call {{@root.supportPhone}}{{/unless}}",
        "{{#each user.orders}}<li>{{this.item}} {{this.date}}</li>{{/each}}",
        "{{#each items}}{{name}} {{price}}{{/each}}",
        "{{#each items as |item i|}}{{i}} {{item.name}}{{/each}}",
        "{{#each a}}{{@index}} {{../b}}{{#if @last}}.{{/if}}{{/each}}",
        '{{#equals code "A"}}a{{/equals}}{{#notEquals code "B"}}b{{/notEquals}}',
        "{{#greaterThan a b}}x{{else}}y{{/greaterThan}} {{#lessThan a 5}}z{{/lessThan}}",
        "{{#and a b}}x{{/and}}{{#or a b}}y{{/or}}",
        '{{insert firstName "default=Customer"}}',
        '{{formatDate sent "MMMM DD, YYYY" "-0800"}}',
        "{{#greaterThan (length cart) 1}}x{{/greaterThan}}",
        '{{#ifEq tier "gold"}}a{{else ifEq tier "silver"}}b{{/ifEq}}',
        '{{defaultIfEmpty firstName "there"}}',
        "{{capitalize firstName}} {{upper city}}",
        '{{#assign "x"}}{{math a "+" b}}{{/assign}}{{x}}',
        '{{dateFormat profile.birthday format="MMM dd" tz="Europe/Oslo"}}',
        '{{#ifContainsStr interests "tea"}}a{{/ifContainsStr}}',
        '{{numberFormat price "#,##0.00"}}',
        "{{#with address}}{{city}}{{/with}}",
        "{{#if (lookup map key)}}a{{/if}}",
        "{{~#if a~}} b {{~/if~}}",
        "{{!-- a comment --}}{{#if a}}b{{/if}}",
        '{{#*inline "row"}}{{name}}{{/inline}}{{> row}}',
        "{{[first name]}} {{./name}} {{#if x}}{{/if}}",
        "{{{{raw}}}}{{x}}{{{{/raw}}}}",
        "{{#equal plan 'pro'}}a{{/equal}} %recipient.name%",
        '{{join tags ", "}}',
        "{{#sortBy cart field='price' as |sorted|}}{{#each sorted}}{{name}}{{/each}}{{/sortBy}}",
        "{{#if Recipient.FirstName}}Hi {{Recipient.FirstName}}{{/if}}",
        "{{#if a}}{{name}}{{else}}*|FNAME|*{{/if}}",
        "{{#tags}}{{this}}{{/tags}}",
        '{{now format="yyyy"}}',
    ],
    Language.MUSTACHIO: [
        "{{#each items}}{{name}} {{../../company}}{{/each}} {{{ pm:unsubscribe }}}",
        "{{{@content}}} {{#product}}{{name}}{{/product}}",
        "{{#person}}{{#pet}}{{../name}}{{/pet}}{{/person}} {{{pm:unsubscribe_url}}}",
        "{{#each a.b}}{{.}}{{/each}}{{^a}}none{{/a}} {{pm:unsubscribe}}",
    ],
    Language.SPARKPOST: [
        "{{if signed_up}}Welcome{{end}}",
        '{{ if state == "MD" then }}a{{ elseif age > 30 }}b{{ else }}c{{ end }}',
        "{{each children}}{{loop_var}}{{end}}",
        "{{each cart}}{{loop_var.title}} {{loop_vars.cart.price}}{{end}}",
        "Hello {{ name or 'Customer' }}",
        "{{children[1]}} {{#states}} {{address['city']}}",
        "{{if not empty(cart)}}a{{end}}",
        "{{if age > 30 and address.state == 'MD'}}a{{end}}",
        "{{render_dynamic_content(dynamic_html.chunk)}}",
        "{{opening_double_curly()}}",
        "{{if not signed_up}}a{{else}}b{{end}} {{{html}}}",
    ],
    Language.LIQUID: [
        "{{ first_name | default: 'there' }}",
        "{{ customer.first_name | capitalize }}",
        "{{${first_name} | default: 'there'}}",
        "{{custom_attribute.${favourite team}}}",
        "{% if {{custom_attribute.${x}}} == 'a' %}b{% endif %}{{${first_name}}}",
        "{% if customer.plan == 'pro' %}a{% elsif customer.plan == 'free' %}b{% else %}c{% endif %}",
        "{% unless order.paid %}pay{% endunless %}",
        "{% for item in order.line_items %}{{ item.title }}{% endfor %}",
        "{% assign total = order.total | divided_by: 100 %}{{ total }}",
        "{% case tier %}{% when 'gold' %}a{% when 'silver', 'bronze' %}b{% endcase %}",
        "{% capture x %}a{% endcapture %}{{ x | upcase }}",
        "{{ order.total_price | money }} {{ order.created_at | date: '%B %d, %Y' }}",
        "{{ event.items.size }} {{ x | times: 2 | round: 1 }}",
        "{% if tags contains 'vip' and total > 10 %}a{% endif %}",
        "{% if name != blank %}Hi {{ name }}{% endif %}",
        "{% connected_content https://x.example/a.json :save x %}{{x.a}}",
        "{%- if a -%}b{%- endif -%}",
        "{% comment %}x{% endcomment %}{{ subscriber.first_name | strip }}",
        "{{ first_name | fallback: 'there' }}",
        "{% for i in (1..5) %}{{ i }}{% endfor %}",
        "{% render 'footer' %}{{ shop.name }}",
        "{{ items[0].title }} {{ 'a,b' | split: ',' | first }}",
        "{{ email | md5 }} {{ name | truncate: 10, '..' }}",
        "{% abort_message('no data') %}{{x | plus: 1}}",
        "{{ user.name | append: '!' }}",
        "{{ basket[0].name }} {{ x | remove_last: 'a' }}",
        "{% for a in b %}{% cycle 'odd', 'even' %}{{ forloop.index }}{% endfor %}",
        "{% for p in products limit:3 %}{{ p.price | number_with_delimiter }}{% endfor %}",
        "{{content_blocks.${footer}}}",
        "{% if x %}a{% endif %}",
    ],
    Language.DJANGO: [
        "{{ first_name|default:'there' }}",
        '{{ person.first_name|default:"friend" }}',
        "{{ contact.FIRSTNAME | default : 'there' }}",
        "{% if person.plan == 'pro' %}a{% elif person.plan == 'x' %}b{% else %}c{% endif %}",
        "{{ event.extra.price|floatformat:2 }}",
        "{{ person|lookup:'Favourite colour'|default:'blue' }}",
        "{% for item in event.Items %}{{ item.name|title }}{% endfor %}",
        "{% unsubscribe 'Leave' %}",
        "{% web_view %} {{ organization.name }} {% manage_preferences %}",
        "{% current_year %}",
        "{% coupon_code 'SUMMER' %}",
        "{% if 'vip' in person.tags %}a{% endif %}",
        "{% if not person.city %}a{% endif %}",
        "{% with x=event.value %}{{ x|intcomma }}{% endwith %}",
        "{% for a in params.items %}{{ a.title }}{% empty %}none{% endfor %}",
        "{% if contact.GENDER == 'F' %}a{% endif %}",
        "{{ contact.FULLNAME|truncatechars:10 }}",
        "{% now 'Y' %} {{ params.code|upper }}",
        "{# note #}{{ person.email|urlencode }}",
        "{{ event.date|format_date_string|date:'F d' }}",
        "{% catalog event.id %}{{ catalog_item.title }}{% endcatalog %}",
        "{{ a|add:5 }} {% if a and not b %}x{% endif %}",
        "{% ifequal a b %}x{% endifequal %}",
        "{% for s in sizes reversed %}{{ forloop.counter }}{{ s }}{% endfor %}",
        "{% cycle 'odd' 'even' as row %}",
        "{% if contact.POINTS > 100 && !contact.VIP %}a{% endif %}",
        "{{ update_profile }} {% if contact.CITY %}{{ contact.CITY }}{% endif %}",
    ],
    Language.HUBL: [
        "{{ contact.firstname|default('there', true) }}",
        "{% if contact.city == 'Oslo' %}a{% elif contact.city %}b{% endif %}",
        "{% set x = 3 %}{{ x }}{% if x > 2 %}a{% endif %}",
        "{% module 'a' path='@hubspot/rich_text' %}",
        "{{ personalization_token('contact.firstname', 'there') }}",
        "{{ 'a' if contact.x else 'b' }}",
        "{% for post in contact.posts|sort(attribute='name') %}{{ loop.index }}{% endfor %}",
        "{{ site_settings.company_name }} {{ x|upper|replace('a', 'b') }}",
        "{% macro row(a) %}{{ a }}{% endmacro %}{{ row(1) }}",
        "{{ content.name ~ '!' }}",
        "{% if x is string_containing 'a' %}b{% endif %}",
        "{% text 'a' label='x' %}{{ unsubscribe_link|safe() }}",
        "{{ items|join(', ') }} {% unless x %}a{% endunless %}{% set y = [1, 2] %}",
        "{{ name|default('there') }}",
    ],
    Language.GO: [
        "{{ if .Subscriber.Attribs.city }}a{{ else }}b{{ end }}",
        '{{ if eq .Subscriber.Status "enabled" }}a{{ else if .X }}b{{ end }}',
        '{{ TrackLink "https://x.example/" . }}',
        "<a href='https://x.example/@TrackLink'>x</a> {{ .Subscriber.Name }}",
        "{{ range .Items }}{{ .Title }}{{ end }}",
        "{{ with .Subscriber.Attribs.plan }}{{ . }}{{ end }}",
        "{{ .Subscriber.FirstName | upper }}",
        '{{ .Subscriber.Attribs.city | default "Oslo" }}',
        '{{ printf "%s!" .Name }} {{ Date "2006" }}',
        "{{ $x := .Name }}{{ $x }}",
        "{{/* a comment */}}{{ .Name }}",
        "{{- if and .A (not .B) -}}x{{- end -}}",
        '{{ template "content" . }}',
        '{{ if eq .Subscriber.Attribs.city "Oslo" }}a{{ else }}b{{ end }}',
        '{{ or .Subscriber.Attribs.x "there" }}{{ if not .X }}y{{ end }}',
        '{{ range $i, $e := .Items }}{{ $i }}{{ end }} {{ TrackView }}',
    ],
    Language.MAILJET: [
        'Hi {{var:name:"there"}}',
        'Dear {{data:firstname:""}}',
        '[[data:firstname:"you"]]',
        '{% if var:step == "a" %}b{% elseif var:step == "c" %}d{% endif %}',
        "{% for item in var:items %}{{item.title}}{% endfor %}",
        "{{var:name}}",
        '{% if data:gender:"" = "F" %}Ms{% else %}Mr{% endif %}',
        "{% set total = var:price * 2 %}{{total}}",
        "{{ mj:contact.email }}",
        '{% if var:a != "" and (var:b > 3 or not var:c) %}x{% endif %}',
        "{{ round(var:price, 2) }} {{data:x:”there”}}",
        '{% set a-b = "x" %}{{a-b}} {{ 1 + 2 }} {% if !var:c %}d{% endif %}',
    ],
}  # fmt: skip
CASES = [(language, template) for language, templates in TEMPLATES.items() for template in templates]


def test_the_helpers_are_those_of_handlebars() -> None:
    assert set(HELPERS.split()) == {*handlebars.CONDITIONS, *handlebars.HELPERS, "lookup", "now"}


def test_there_are_templates_of_every_language() -> None:
    assert len(CASES) >= 150
    assert set(TEMPLATES) == set(LANGUAGES) == set(Language) - {Language.LIQUIDJS}  # it looks like Liquid


@pytest.mark.parametrize(("language", "template"), CASES)
def test_a_template_is_recognised(language: Language, template: str) -> None:
    assert recognised(template) is language
    in_html = f'<style>p{{color:red}}</style><p title="[x]">Hi {{{{name}}}},</p><p>{template}</p><a href="{{{{url}}}}">'
    if language not in {
        Language.MAILCHIMP,
        Language.ACTIVECAMPAIGN,
        Language.AMPSCRIPT,
        Language.MAUTIC,
        Language.GO,
    }:
        assert recognised("Hello {{first_name}}", in_html) is language


@pytest.mark.parametrize(
    ("language", "text", "fit"),
    [
        (Language.MAILCHIMP, "{{#if x}}a{{/if}}", Language.HANDLEBARS),  # Mandrill has both
        (Language.MAILCHIMP, "*|FNAME|*", Language.MAILCHIMP),
        (Language.LIQUID, "{{ name }}", Language.LIQUID),
        (Language.HANDLEBARS, "Hi %recipient.name%", Language.HANDLEBARS),
        (Language.PLAIN, "{{#if x}}a{{/if}}", Language.PLAIN),
        (Language.DJANGO, "{% if x %}a{% endif %}", Language.DJANGO),
        (None, "{% if x %}a{% endif %}", Language.LIQUID),
    ],
)
def test_a_language_that_makes_no_sense_is_not_taken(
    language: Language | None, text: str, fit: Language
) -> None:
    assert fitting(language, text) is fit


PIECES = (
    "{{ }} {% %} {# #} *| |* %% %IF %/IF% {{{ }}} {{{{ [[ ]] ${ } if else end for in a . | : default ' ( )"
)


@given(st.lists(st.sampled_from([*PIECES.split(), '"', " ", "\n", "\0", "\ud800"])).map("".join))
def test_any_text_is_recognised(text: str) -> None:
    assert isinstance(recognised(text), Language)
