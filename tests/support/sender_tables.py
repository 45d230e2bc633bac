"""The tables of other senders, with the columns that they declare, and values as they write them."""

# `{p}`: the prefix of the tables.
MAUTIC = """
create table {p}leads (id bigint unsigned primary key auto_increment, owner_id int, date_added datetime,
    date_modified datetime,
    internal longtext, firstname varchar(191), lastname varchar(191), email varchar(191), country varchar(191),
    preferred_locale varchar(191), points int not null default 0, favourite_colour varchar(191));
create table {p}lead_lists (id int unsigned primary key auto_increment, name varchar(191) not null);
create table {p}categories (id int unsigned primary key auto_increment, title varchar(191) not null);
create table {p}emails (id int unsigned primary key auto_increment, name varchar(191) not null, subject longtext,
    preheader_text varchar(191), from_address varchar(191), from_name varchar(191), custom_html longtext,
    plain_text longtext,
    email_type longtext, variant_parent_id int unsigned, translation_parent_id int unsigned, publish_up datetime,
    date_added datetime, date_modified datetime, lang varchar(191) not null default 'en', category_id int unsigned,
    sent_count int default 0, read_count int default 0);
create table {p}email_list_xref (email_id int unsigned not null, leadlist_id int unsigned not null);
create table {p}email_list_excluded (email_id int unsigned not null, leadlist_id int unsigned not null);
create table {p}email_copies (id varchar(32) primary key, date_created datetime not null, body longtext,
    body_text longtext,
    subject longtext);
create table {p}email_stats (id bigint unsigned primary key auto_increment, email_id int unsigned,
    lead_id bigint unsigned,
    list_id int unsigned, ip_id int unsigned, copy_id varchar(32), email_address varchar(191) not null,
    date_sent datetime not null, is_read tinyint(1) not null default 0, is_failed tinyint(1) not null default 0,
    viewed_in_browser tinyint(1) not null default 0, date_read datetime, tracking_hash varchar(191), retry_count int,
    source varchar(191), source_id int, tokens longtext, open_count int, last_opened datetime, open_details longtext,
    key (email_id, lead_id));
create table {p}email_stats_devices (id bigint unsigned primary key auto_increment, device_id bigint unsigned,
    stat_id bigint unsigned, ip_id int unsigned, date_opened datetime not null, key (stat_id));
create table {p}lead_devices (id bigint unsigned primary key auto_increment, lead_id bigint unsigned not null,
    device varchar(191), device_os_name varchar(191), device_brand varchar(191), device_model varchar(191));
create table {p}ip_addresses (id int unsigned primary key auto_increment, ip_address varchar(45) not null);
create table {p}page_redirects (id bigint unsigned primary key auto_increment, redirect_id varchar(25) not null,
    url longtext not null);
create table {p}page_hits (id bigint unsigned primary key auto_increment, page_id int unsigned,
    redirect_id bigint unsigned,
    email_id int unsigned, lead_id bigint unsigned, ip_id int unsigned, date_hit datetime not null,
    country varchar(191),
    region varchar(191), city varchar(191), code int not null default 200, url longtext, user_agent longtext,
    source varchar(191), source_id int);
create table {p}lead_donotcontact (id int unsigned primary key auto_increment, lead_id bigint unsigned,
    date_added datetime not null, reason smallint not null, channel varchar(191) not null, channel_id int,
    comments longtext);
"""
# `{p}`: the prefix of the tables, `{u}`: that of the subscribers' tables.
PHPLIST = """
create table {u}user (id int primary key auto_increment, email varchar(255) not null, confirmed tinyint default 0,
    blacklisted tinyint default 0, entered datetime,
    modified timestamp not null default current_timestamp on update current_timestamp, uuid varchar(36) default '',
    htmlemail tinyint default 0, disabled tinyint default 0, foreignkey varchar(100)) default charset latin1;
create table {u}attribute (id int primary key auto_increment, name varchar(255) not null, type varchar(30),
    tablename varchar(255));
create table {u}user_attribute (attributeid int not null, userid int not null, value text,
    primary key (attributeid, userid));
create table {p}listattr_country (id int primary key, name varchar(255));
create table {p}list (id int primary key auto_increment, name varchar(255) not null);
create table {p}message (id int primary key auto_increment, subject varchar(255) character set utf8mb4 not null,
    fromfield varchar(255) not null default '', message longtext character set utf8mb4, textmessage longtext,
    footer text,
    status varchar(255), userselection text, sent datetime, sendstart datetime, htmlformatted tinyint default 0,
    template int, modified timestamp);
create table {p}messagedata (name varchar(100) not null, id int not null, data longtext, primary key (name, id));
create table {p}listmessage (id int primary key auto_increment, messageid int not null, listid int not null);
create table {p}template (id int primary key auto_increment, title varchar(255), template longblob);
create table {p}usermessage (messageid int not null, userid int not null, entered datetime not null, viewed datetime,
    status varchar(255), primary key (userid, messageid), key (messageid));
create table {p}user_message_view (id int primary key auto_increment, messageid int not null, userid int not null,
    viewed datetime, ip varchar(255), data longtext, key usermsgidx (userid, messageid));
create table {p}linktrack_forward (id int primary key auto_increment, url varchar(2083));
create table {p}linktrack_uml_click (id int primary key auto_increment, messageid int not null, userid int not null,
    forwardid int, firstclick datetime, latestclick datetime, clicked int default 0, htmlclicked int default 0,
    textclicked int default 0);
create table {p}linktrack (linkid int primary key auto_increment, messageid int not null, userid int not null,
    url varchar(255), forward varchar(255), firstclick datetime,
    latestclick timestamp not null default current_timestamp on update current_timestamp, clicked int default 0);
create table {p}bounce (id int primary key auto_increment, date datetime, header text, data mediumblob,
    status varchar(255), comment text);
create table {p}user_message_bounce (id int primary key auto_increment, user int not null, message int not null,
    bounce int not null, time timestamp not null default current_timestamp on update current_timestamp);
create table {p}user_message_forward (id int primary key auto_increment, user int not null, message int not null,
    forward varchar(255), status varchar(255), time timestamp not null default current_timestamp);
create table {p}user_blacklist (email varchar(255) not null unique, added datetime) collate utf8mb4_bin;
"""
# As Mailtrain's last migration leaves them, as far as they are read.
MAILTRAIN = """
create table lists (id int unsigned primary key auto_increment, cid varchar(255) not null default '',
    name varchar(255) not null default '');
create table segments (id int unsigned primary key auto_increment, list int unsigned not null,
    name varchar(255) not null default '');
create table channels (id int unsigned primary key auto_increment, name varchar(255));
create table custom_fields (id int unsigned primary key auto_increment, list int unsigned not null,
    name varchar(255) default '', `key` varchar(100) not null, type varchar(255) not null default '',
    `column` varchar(255));
create table send_configurations (id int unsigned primary key auto_increment,
    from_email varchar(255), from_email_overridable tinyint(1) default 0,
    from_name varchar(255), from_name_overridable tinyint(1) default 0);
create table templates (id int unsigned primary key auto_increment, name varchar(255) not null default '',
    html longtext, text longtext);
create table campaigns (id int unsigned primary key auto_increment, cid varchar(255) not null default '',
    type tinyint(4) unsigned not null default 1, name varchar(255) not null default '',
    from_name_override varchar(255) default '', from_email_override varchar(255) default '',
    subject varchar(255) default '', status tinyint(4) unsigned not null default 1, scheduled timestamp null,
    delivered int(11) unsigned not null default 0, opened int(11) unsigned not null default 0,
    clicks int(11) unsigned not null default 0, unsubscribed int(11) unsigned not null default 0,
    bounced int(1) unsigned not null default 0, complained int(1) unsigned not null default 0,
    created timestamp not null default current_timestamp, data longtext, source int unsigned not null default 2,
    send_configuration int unsigned not null default 1, start_at timestamp null, channel int unsigned);
create table campaign_lists (id int unsigned primary key auto_increment, campaign int unsigned not null,
    list int unsigned not null, segment int unsigned);
create table campaign_messages (id int unsigned primary key auto_increment, campaign int unsigned not null,
    list int unsigned not null, subscription int unsigned not null,
    send_configuration int unsigned not null default 1,
    status tinyint(4) unsigned not null default 0, response varchar(255), response_id varchar(255),
    updated timestamp null, created timestamp not null default current_timestamp, hash_email char(88),
    unique key cls (campaign, list, subscription), unique key campaign_hash_email (campaign, hash_email))
    collate utf8mb4_general_ci;
create table test_messages (id int unsigned primary key auto_increment, campaign int unsigned not null,
    list int unsigned not null, subscription int unsigned not null,
    created timestamp not null default current_timestamp, unique key cls (campaign, list, subscription));
create table campaign_links (campaign int unsigned not null, list int unsigned not null,
    subscription int unsigned not null, link int not null, ip varchar(100), device_type varchar(50),
    country varchar(2), count int unsigned not null default 1,
    created timestamp not null default current_timestamp, primary key (campaign, list, subscription, link));
create table links (id int unsigned primary key auto_increment, cid varchar(255) not null default '',
    campaign int unsigned not null, url varchar(255) not null default '', visits int unsigned not null default 0,
    hits int unsigned not null default 0, unique key campaign_2 (campaign, url));
create table subscription__1 (id int unsigned primary key auto_increment, cid varchar(255) not null,
    email varchar(255), hash_email varchar(255) not null default '', opt_in_country varchar(2), tz varchar(100),
    status tinyint(4) unsigned not null default 1, unsubscribed timestamp null,
    created timestamp not null default current_timestamp, updated timestamp not null default current_timestamp,
    custom_city_x1 varchar(255), custom_first_name_y2 varchar(255), custom_country_z3 varchar(255));
"""


def serialised(value: object) -> str:
    """A value as PHP's `serialize` writes it."""
    match value:
        case None:
            return "N;"
        case bool():
            return f"b:{value:d};"
        case int():
            return f"i:{value};"
        case str():
            return f's:{len(value.encode())}:"{value}";'
        case dict():
            inside = "".join(serialised(key) + serialised(entry) for key, entry in value.items())
            return f"a:{len(value)}:{{{inside}}}"
    raise TypeError(type(value))
