"""Exports as other senders write them, small: with the columns that theirs have."""

import json
from collections.abc import Mapping

MAILCHIMP_CAMPAIGNS = """\
Title,Subject,List,"Send Date","Send Weekday","Total Recipients","Successful Deliveries","Soft Bounces","Hard Bounces",\
"Total Bounces","Times Forwarded","Forwarded Opens","Unique Opens","Open Rate","Total Opens","Unique Clicks",\
"Click Rate","Total Clicks",Unsubscribes,"Abuse Complaints","Times Liked on Facebook","Folder Id","Unique Id",\
"Total Orders","Total Gross Sales","Total Revenue","Analytics ROI","Bounce Rate"
"Tulips (copy 01)","*|FNAME|*, tulips!",Gardeners,"Jun 09, 2018 09:30 pm",Saturday,"1,004",1002,1,1,2,0,0,2,0.2%,4,1,\
0.1%,2,1,1,0,0,17671f6028,3,"1,310.50","1,250.50",n/a,n/a
"Roses","Roses",Gardeners,"Jul 01, 2018 08:00 am",Sunday,3,3,0,0,0,0,0,0,0%,0,0,0%,0,0,0,0,0,aa71e4dd01,0,0,0,n/a,n/a
"""
MAILCHIMP_MEMBERS = """\
Email Address,First Name,Last Name,Favourite flower,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,\
LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS
Ann@Example.com,Ann,Jansen,"Tulip, red",4,"2018-01-01 10:00:00",,"2018-01-02 10:00:00",203.0.113.9,52.3,4.9,1,2,\
Europe/Amsterdam,NL,NH,"2018-06-09 10:00:00",1234,e0a1,,"""
MAILCHIMP_MEMBERS += '"""vip"",""2018"""\n'
MAILCHIMP_UNSUBSCRIBED = """\
Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,\
UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID
bob@example.com,Bob,,2,2018-01-01 10:00:00,2018-06-10 07:00:00,Tulips (copy 01),17671f6028,OTHER,Too many tulips,2,e2
cid@example.com,Cid,,2,2018-01-01 10:00:00,2018-06-10 08:00:00,Tulips (copy 01),,"ABUSE: reported as spam",,3,e3
dan@example.com,Dan,,2,2018-01-01 10:00:00,2019-01-01 08:00:00,,,,,4,e4
"""
MAILCHIMP_CLEANED = """\
Email Address,MEMBER_RATING,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID
eve@example.com,2,2018-01-01 10:00:00,2018-06-09 21:31:00,Tulips (copy 01),17671f6028,5,e5
"""
NUMBERED = "12607842_tulips-copy-01-"
MAILCHIMP_EXPORT: Mapping[str, str | bytes] = {
    "campaigns.csv": MAILCHIMP_CAMPAIGNS,
    f"campaigns_content/{NUMBERED}.html": "<p>*|FNAME|*, <a href='https://green.example/tulips'>tulips</a></p>",
    f"campaigns_content/{NUMBERED}.txt": "tulips",
    "templates/99_base.html": "<p>a template</p>",
    "lists/members/members_47741_gardeners.csv": MAILCHIMP_MEMBERS,
    "lists/unsubscribed/unsubscribed_47741_gardeners.csv": MAILCHIMP_UNSUBSCRIBED,
    "lists/cleaned/cleaned_47741_gardeners.csv": MAILCHIMP_CLEANED,
    f"aggregate_activity/opened/{NUMBERED}.csv": (
        "Email Address,First Name,Last Name,Opens\nann@example.com,Ann,Jansen,3\nbob@example.com,Bob,,1\n"
    ),
    f"aggregate_activity/not_opened/{NUMBERED}.csv": "Email Address,First Name\nfay@example.com,Fay\n",
    f"aggregate_activity/bounces/{NUMBERED}.csv": (
        "Email Address,Bounce Type\neve@example.com,hard\ngus@example.com,soft\n"
    ),
    f"granular_activity/opens/{NUMBERED}.csv": (
        "Timestamp,IP,Email\n2018-06-09 21:40:00,203.0.113.9,ann@example.com\n2018-06-09 21:41:00,,bob@example.com\n"
    ),
    f"granular_activity/clicks/{NUMBERED}.csv": (
        "Timestamp,IP,Email,Url\n2018-06-09 21:42:00,203.0.113.9,ann@example.com,https://green.example/tulips\n"
    ),
    f"geo_data/{NUMBERED}.csv": "Country,Opens\nNL,3\n",
}

KLAVIYO_CAMPAIGNS = """\
Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Placed Order,Placed Order Rate,Revenue,\
Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Spam Complaints,\
Spam Complaints Rate,Successful Deliveries,Bounces,Bounce Rate,Campaign ID,Campaign Channel
Tulips,"spring,offer",Tulips are here,Gardeners,2023-05-04 10:00:00,Thursday,"1,004",12,1.2%,"$1,234.50",402,40.1%,\
650,33,3.3%,41,5,1,0.1%,1002,2,0.2%,01H1ABC,Email
By text,,,Gardeners,2023-05-05 10:00:00,Friday,10,,,,,,,,,,,,,,,,01H1SMS,SMS
,,,,,,,,,,,,,,,,,,,,,,,
"""


SENDGRID_HEADER = (
    "processed,message_id,event,api_key_id,recv_message_id,credential_id,subject,from,email,asm_group_id,template_id,"
    "originating_ip,reason,outbound_ip,outbound_ip_type,mx,url,attempt,user_agent,type,is_unique,username,categories,"
    "marketing_campaign_id,marketing_campaign_name,marketing_campaign_split_id,marketing_campaign_version,unique_args"
)


def sendgrid_activity(*rows: dict[str, str]) -> str:
    """SendGrid's email activity, with these columns beside the usual ones."""
    usual = {
        "processed": "2023-05-04T10:00:00Z",
        "message_id": "m1",
        "email": "ann@example.com",
        "subject": "Tulips",
    }
    lines = [",".join((usual | row).get(name, "") for name in SENDGRID_HEADER.split(",")) for row in rows]
    return "\n".join([SENDGRID_HEADER, *lines]) + "\n"


def brevo_log(*words: str, link: str = "NA", tag: str = "spring") -> str:
    """Brevo's log, with an event for each word."""
    rows = [
        f"{word},21-01-2026 10:22:05,Tulips,a@green.example,ann@example.com,{tag},<m1@x>,{link}"
        for word in words
    ]
    return "\n".join(["st_text,ts,sub,frm,email,tag,mid,link", *rows]) + "\n"


MAILGUN_ITEM = {
    "id": "JDhSWf9mT5OFxCkZfpDU5d",
    "event": "failed",
    "severity": "permanent",
    "@timestamp": "2024-07-08T16:30:18.530Z",
    "domain": {"name": "green.example"},
    "delivery-status": {"message": "no such user", "code": 550, "enhanced-code": "5.1.1", "attempt-no": 1},
    "recipient": "Ann@example.com",
    "recipient-domain": "example.com",
    "recipient-provider": "Gmail",
    "envelope": {"sender": "a@green.example", "transport": "smtp"},
    "message": {"headers": {"message-id": "m1@green.example", "subject": "Tulips"}},
    "tags": ["spring"],
}


def mailgun_logs(*items: object) -> str:
    """An answer of Mailgun's Logs API."""
    return json.dumps(
        {"start": "Mon, 08 Jul 2024 00:00:00 -0000", "items": items, "pagination": {}}, indent=2
    )
