#include "readers/capture/krb5/krb5_log.h"

#include <stdio.h>

enum field {
    REQUEST_TYPE,
    CLIENT,
    SERVICE,
    SUCCESS,
    ERROR_MSG,
    TILL,
    CIPHER,
    FORWARDABLE,
    RENEWABLE,
    REALM,
    CARRIER, /* of an AP-REQ */
    ERROR_CODE,
    KDC_OPTIONS,
    KDC_OPTIONS_LENGTH,
    CLIENT_TYPE,
    SERVICE_TYPE,
    SERVICE_PARTS,
    ETYPES,
    PADATA,
    REPLY_PADATA,
    RENEW_TILL,
    RENEW_IS_TILL,
    TILL_SECONDS,
    HAS_ADDRESSES,
    HAS_AUTHORIZATION,
    HAS_PREAUTHENTICATION,
    INCLUDE_PAC,
    PAC_OPTIONS,
    FOR_USER,
    ADDITIONAL_TICKETS,
    TICKET_SERVICE,
    TICKET_SERVICE_TYPE,
    TICKET_ETYPE,
    TICKET_KVNO,
    AUTHENTICATOR_ETYPE,
    AUTHENTICATOR_LENGTH,
    AUTHENTICATOR_IS_BARE,
    AP_OPTIONS,
    REPLY_SERVICE,
    REPLY_ETYPE,
    TICKET_CLIENT, /* who is in the ticket or its authenticator; with keys only, as those behind */
    PAC_CLIENT,
    KEY_FITS,
    FIELD_COUNT
};

static const char *const fields[FIELD_COUNT] = {
    [REQUEST_TYPE] = "request_type",
    [CLIENT] = "client",
    [SERVICE] = "service",
    [SUCCESS] = "success",
    [ERROR_MSG] = "error_msg",
    [TILL] = "till",
    [CIPHER] = "cipher",
    [FORWARDABLE] = "forwardable",
    [RENEWABLE] = "renewable",
    [REALM] = "realm",
    [CARRIER] = "carrier",
    [ERROR_CODE] = "error_code",
    [KDC_OPTIONS] = "kdc_options",
    [KDC_OPTIONS_LENGTH] = "kdc_options_length",
    [CLIENT_TYPE] = "client_type",
    [SERVICE_TYPE] = "service_type",
    [SERVICE_PARTS] = "service_parts",
    [ETYPES] = "etypes",
    [PADATA] = "padata",
    [REPLY_PADATA] = "reply_padata",
    [RENEW_TILL] = "renew_till",
    [RENEW_IS_TILL] = "renew_is_till",
    [TILL_SECONDS] = "till_seconds",
    [HAS_ADDRESSES] = "has_addresses",
    [HAS_AUTHORIZATION] = "has_authorization",
    [HAS_PREAUTHENTICATION] = "has_preauthentication",
    [INCLUDE_PAC] = "include_pac",
    [PAC_OPTIONS] = "pac_options",
    [FOR_USER] = "for_user",
    [ADDITIONAL_TICKETS] = "additional_tickets",
    [TICKET_SERVICE] = "ticket_service",
    [TICKET_SERVICE_TYPE] = "ticket_service_type",
    [TICKET_ETYPE] = "ticket_etype",
    [TICKET_KVNO] = "ticket_kvno",
    [AUTHENTICATOR_ETYPE] = "authenticator_etype",
    [AUTHENTICATOR_LENGTH] = "authenticator_length",
    [AUTHENTICATOR_IS_BARE] = "authenticator_is_bare",
    [AP_OPTIONS] = "ap_options",
    [REPLY_SERVICE] = "reply_service",
    [REPLY_ETYPE] = "reply_etype",
    [TICKET_CLIENT] = "ticket_client",
    [PAC_CLIENT] = "pac_client",
    [KEY_FITS] = "key_fits",
};

static const struct wire_log kerberos_log = {"kerberos", fields, FIELD_COUNT};

/* Zeek's words for encryption types (RFC 3961, [MS-KILE] 2.2.7). */
static const char *etype_name(int64_t etype)
{
    switch (etype) {
    case 1:
        return "des-cbc-crc";
    case 3:
        return "des-cbc-md5";
    case 16:
        return "des3-cbc-sha1";
    case 17:
        return "aes128-cts-hmac-sha1-96";
    case 18:
        return "aes256-cts-hmac-sha1-96";
    case 19:
        return "aes128-cts-hmac-sha256-128";
    case 20:
        return "aes256-cts-hmac-sha384-192";
    case 23:
        return "rc4-hmac";
    case 24:
        return "rc4-hmac-exp";
    default:
        return NULL;
    }
}

/* RFC 4120 7.5.9, by the names that Zeek gives. */
static const char *error_name(int64_t code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {6, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
        {7, "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
        {12, "KDC_ERR_POLICY"},
        {13, "KDC_ERR_BADOPTION"},
        {14, "KDC_ERR_ETYPE_NOSUPP"},
        {16, "KDC_ERR_PADATA_TYPE_NOSUPP"},
        {18, "KDC_ERR_CLIENT_REVOKED"},
        {23, "KDC_ERR_KEY_EXPIRED"},
        {24, "KDC_ERR_PREAUTH_FAILED"},
        {25, "KDC_ERR_PREAUTH_REQUIRED"},
        {31, "KRB_AP_ERR_BAD_INTEGRITY"},
        {32, "KRB_AP_ERR_TKT_EXPIRED"},
        {37, "KRB_AP_ERR_SKEW"},
        {41, "KRB_AP_ERR_MODIFIED"},
        {52, "KRB_ERR_RESPONSE_TOO_BIG"},
        {60, "KRB_ERR_GENERIC"},
        {68, "KDC_ERR_WRONG_REALM"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].code == code)
            return names[i].name;
    return NULL;
}

#define TEXT_MAX 512

static void set_name(struct wire_event *event, uint32_t field, const struct krb5_name *name,
                     struct bytes realm)
{
    char text[TEXT_MAX];
    size_t length = 0;
    if (!name->is_there)
        return;
    for (unsigned i = 0; i < name->count; i++) {
        if (i && length < sizeof(text))
            text[length++] = '/';
        size_t part = name->parts[i].length;
        if (part > sizeof(text) - length)
            part = sizeof(text) - length;
        if (part)
            memcpy(text + length, name->parts[i].data, part);
        length += part;
    }
    if (realm.length && length + 1 + realm.length <= sizeof(text)) {
        text[length++] = '/';
        memcpy(text + length, realm.data, realm.length);
        length += realm.length;
    }
    wire_set_copy(event, field, bytes_of(text, length));
}

static void set_list(struct wire_event *event, uint32_t field, const struct krb5_list *list)
{
    char text[KRB5_LIST_MAX * 21 + 1] = "";
    size_t length = 0;
    for (unsigned i = 0; i < list->count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%lld", i ? "," : "",
                                   (long long)list->items[i]);
    wire_set_copy(event, field, bytes_of(text, length));
}

/* KerberosTime, "20261103081500Z", as a moment. */
static bool time_read(struct bytes text, struct instant *instant)
{
    char iso[21];
    if (text.length != 15)
        return false;
    const char *t = (const char *)text.data;
    snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", t, t + 4, t + 6, t + 8, t + 10,
             t + 12);
    return instant_parse(bytes_of(iso, 20), instant) == STATUS_OK;
}

static bool has_padata(const struct krb5_message *message, int64_t type)
{
    for (unsigned i = 0; i < message->padata.count; i++)
        if (message->padata.items[i] == type)
            return true;
    return false;
}

static void request_tell(struct wire_event *event, const struct krb5_message *request,
                         const struct wire_place *place)
{
    struct instant till;
    set_name(event, CLIENT, &request->client, request->realm);
    set_name(event, SERVICE, &request->service, (struct bytes){0});
    wire_set_text(event, REALM, request->realm);
    wire_set_bool(event, FORWARDABLE, request->options & 0x40000000U);
    wire_set_bool(event, RENEWABLE, request->options & 0x00800000U);
    wire_set_hex(event, KDC_OPTIONS, request->options, 4);
    wire_set_number(event, KDC_OPTIONS_LENGTH, request->options_length);
    if (request->client.is_there)
        wire_set_format(event, CLIENT_TYPE, "%lld", (long long)request->client.type);
    if (request->service.is_there) {
        wire_set_format(event, SERVICE_TYPE, "%lld", (long long)request->service.type);
        wire_set_number(event, SERVICE_PARTS, request->service.count);
    }
    set_list(event, ETYPES, &request->etypes);
    set_list(event, PADATA, &request->padata);
    wire_set_text(event, TILL, request->till);
    if (request->renew.data) {
        wire_set_text(event, RENEW_TILL, request->renew);
        wire_set_bool(event, RENEW_IS_TILL, bytes_equal(request->renew, request->till));
    }
    if (time_read(request->till, &till) && till.seconds > place->time.seconds)
        wire_set_number(event, TILL_SECONDS, (uint64_t)(till.seconds - place->time.seconds));
    wire_set_bool(event, HAS_ADDRESSES, request->has_addresses);
    wire_set_bool(event, HAS_AUTHORIZATION, request->has_authorization);
    wire_set_bool(event, HAS_PREAUTHENTICATION, has_padata(request, 2));
    if (request->has_include_pac)
        wire_set_bool(event, INCLUDE_PAC, request->include_pac);
    if (request->has_pac_options)
        wire_set_hex(event, PAC_OPTIONS, request->pac_options, 4);
    set_name(event, FOR_USER, &request->for_user, request->for_user_realm);
    wire_set_number(event, ADDITIONAL_TICKETS, request->additional_tickets);
}

/* The length that an authenticator has with nothing in it but realm, name and time: what DER and
 * the encryption add is 54 bytes and 24 (RC4) or 28 (AES). One or two bytes less with small
 * microseconds, two more where the sum needs a longer length. */
static bool is_bare(const struct krb5_message *message, size_t names)
{
    const struct krb5_encrypted *sealed = &message->authenticator;
    const size_t overhead = sealed->etype == 23 ? 24 : 28;
    size_t bare = 54 + names;
    if (bare > 127)
        bare += 2;
    return sealed->length >= overhead && sealed->length - overhead + 3 >= bare &&
           sealed->length - overhead <= bare + 2;
}

static void ap_tell(struct wire_event *event, const struct krb5_message *message, size_t names)
{
    if (!message->ticket.is_there)
        return;
    set_name(event, TICKET_SERVICE, &message->ticket.service, (struct bytes){0});
    wire_set_format(event, TICKET_SERVICE_TYPE, "%lld", (long long)message->ticket.service.type);
    wire_set_format(event, TICKET_ETYPE, "%lld", (long long)message->ticket.encrypted.etype);
    if (message->ticket.encrypted.has_kvno)
        wire_set_format(event, TICKET_KVNO, "%lld", (long long)message->ticket.encrypted.kvno);
    wire_set_format(event, AUTHENTICATOR_ETYPE, "%lld", (long long)message->authenticator.etype);
    wire_set_number(event, AUTHENTICATOR_LENGTH, message->authenticator.length);
    if (names)
        wire_set_bool(event, AUTHENTICATOR_IS_BARE, is_bare(message, names));
    wire_set_hex(event, AP_OPTIONS, message->ap_options, 4);
}

static void reply_tell(struct wire_event *event, const struct krb5_message *reply)
{
    if (reply->type == KRB5_ERROR) {
        const char *name = error_name(reply->error);
        wire_set_bool(event, SUCCESS, false);
        wire_set_format(event, ERROR_CODE, "%lld", (long long)reply->error);
        if (name)
            wire_set_name(event, ERROR_MSG, name);
        return;
    }
    const char *cipher = etype_name(reply->ticket.encrypted.etype);
    wire_set_bool(event, SUCCESS, true);
    if (cipher)
        wire_set_name(event, CIPHER, cipher);
    if (!value_is_there(&event->values[CLIENT]))
        set_name(event, CLIENT, &reply->client, reply->realm);
    set_name(event, REPLY_SERVICE, &reply->ticket.service, (struct bytes){0});
    wire_set_format(event, TICKET_ETYPE, "%lld", (long long)reply->ticket.encrypted.etype);
    if (reply->ticket.encrypted.has_kvno)
        wire_set_format(event, TICKET_KVNO, "%lld", (long long)reply->ticket.encrypted.kvno);
    wire_set_format(event, REPLY_ETYPE, "%lld", (long long)reply->reply.etype);
    set_list(event, REPLY_PADATA, &reply->padata);
}

static void inside_tell(struct wire_event *event, const struct krb5_told *told)
{
    const struct krb5_inside *inside = told->inside;
    if (told->verdict != WIRE_KEY_NONE)
        wire_set_bool(event, KEY_FITS, told->verdict == WIRE_KEY_RIGHT);
    if (!inside || !inside->client.length)
        return;
    wire_set_format(event, TICKET_CLIENT, "%.*s/%.*s", (int)inside->client.length,
                    (const char *)inside->client.data, (int)inside->realm.length,
                    (const char *)inside->realm.data);
    if (inside->pac_client.length)
        wire_set_utf16(event, PAC_CLIENT, inside->pac_client);
}

void krb5_tell(struct wire_connection *connection, const struct krb5_told *told)
{
    const struct krb5_message *request = told->request;
    struct wire_event *event = wire_event_begin(connection, &kerberos_log);
    if (!event)
        return;
    wire_set_name(event, REQUEST_TYPE,
                  request->type == KRB5_AS_REQ    ? "AS"
                  : request->type == KRB5_TGS_REQ ? "TGS"
                                                  : "AP");
    if (told->carrier)
        wire_set_name(event, CARRIER, told->carrier);
    if (request->type != KRB5_AP_REQ)
        request_tell(event, request, &told->at);
    if (told->reply)
        reply_tell(event, told->reply);
    ap_tell(event, request, told->names);
    inside_tell(event, told);
    wire_event_end(connection, event, &told->at, told->reply ? &told->to : NULL);
}
