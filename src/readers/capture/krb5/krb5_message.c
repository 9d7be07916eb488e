#include "readers/capture/krb5/krb5_message.h"

#include "readers/capture/auth/der.h"

#define PA_TGS_REQ       1
#define PA_ETYPE_INFO2   19
#define PA_PAC_REQUEST   128
#define PA_FX_FAST       136
#define PA_FOR_USER      129
#define PA_FOR_X509_USER 130
#define PA_PAC_OPTIONS   167
#define DER_BOOLEAN      0x01
#define DER_GENERAL      0x1B /* GeneralString */
#define DER_TIME         0x18 /* GeneralizedTime */

static void integer_read(struct cursor at, int64_t *value)
{
    struct cursor inner;
    if (der_take(&at, DER_INTEGER, &inner))
        *value = der_integer(&inner);
}

static struct bytes text_read(struct cursor at, uint8_t tag)
{
    struct cursor inner;
    return der_take(&at, tag, &inner) ? der_bytes(&inner) : (struct bytes){0};
}

/* A BIT STRING's first 32 bits; shorter ones are filled with zeros behind. */
static uint32_t bits_read(struct cursor at, size_t *length)
{
    struct cursor inner;
    uint32_t bits = 0;
    if (!der_take(&at, DER_BIT_STRING, &inner) || !cursor_take(&inner, 1))
        return 0;
    *length = cursor_left(&inner);
    for (size_t i = 0; i < 4; i++)
        bits = bits << 8 | (i < *length ? inner.at[i] : 0U);
    return bits;
}

static void list_add(struct krb5_list *list, int64_t item)
{
    if (list->count < KRB5_LIST_MAX)
        list->items[list->count++] = item;
    else
        list->is_longer = true;
}

static void name_read(struct cursor at, struct krb5_name *name)
{
    struct cursor sequence, inner, parts, part;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &sequence))
        return;
    name->is_there = true;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(0))
            integer_read(inner, &name->type);
        else if (tag == DER_CONTEXT(1) && der_take(&inner, DER_SEQUENCE, &parts))
            while (name->count < KRB5_NAME_PARTS && der_take(&parts, DER_GENERAL, &part))
                name->parts[name->count++] = der_bytes(&part);
    }
}

static void encrypted_read(struct cursor at, struct krb5_encrypted *encrypted)
{
    struct cursor sequence, inner, octets;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &sequence))
        return;
    encrypted->is_there = true;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(0)) {
            integer_read(inner, &encrypted->etype);
        } else if (tag == DER_CONTEXT(1)) {
            encrypted->has_kvno = true;
            integer_read(inner, &encrypted->kvno);
        } else if (tag == DER_CONTEXT(2) && der_take(&inner, DER_OCTETS, &octets)) {
            encrypted->length = cursor_left(&octets);
            encrypted->cipher = der_bytes(&octets);
        }
    }
}

static void ticket_read(struct cursor at, struct krb5_ticket *ticket)
{
    struct cursor application, sequence, inner;
    uint8_t tag;
    if (!der_take(&at, DER_APPLICATION(1), &application) ||
        !der_take(&application, DER_SEQUENCE, &sequence))
        return;
    ticket->is_there = true;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(1))
            ticket->realm = text_read(inner, DER_GENERAL);
        else if (tag == DER_CONTEXT(2))
            name_read(inner, &ticket->service);
        else if (tag == DER_CONTEXT(3))
            encrypted_read(inner, &ticket->encrypted);
    }
}

static bool ap_req_read(struct cursor at, struct krb5_message *message)
{
    struct cursor application, sequence, inner;
    uint8_t tag;
    size_t length = 0;
    if (!der_take(&at, DER_APPLICATION(14), &application) ||
        !der_take(&application, DER_SEQUENCE, &sequence))
        return false;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(2))
            message->ap_options = bits_read(inner, &length);
        else if (tag == DER_CONTEXT(3))
            ticket_read(inner, &message->ticket);
        else if (tag == DER_CONTEXT(4))
            encrypted_read(inner, &message->authenticator);
    }
    return message->ticket.is_there;
}

/* KERB-PA-PAC-REQUEST ([MS-KILE] 2.2.3) */
static void pac_request_read(struct cursor at, struct krb5_message *message)
{
    struct cursor sequence, inner, value;
    if (!der_take(&at, DER_SEQUENCE, &sequence) || !der_take(&sequence, DER_CONTEXT(0), &inner) ||
        !der_take(&inner, DER_BOOLEAN, &value) || !cursor_left(&value))
        return;
    message->has_include_pac = true;
    message->include_pac = value.at[0] != 0;
}

/* PA-PAC-OPTIONS ([MS-KILE] 2.2.10) */
static void pac_options_read(struct cursor at, struct krb5_message *message)
{
    struct cursor sequence, inner;
    size_t length = 0;
    if (!der_take(&at, DER_SEQUENCE, &sequence) || !der_take(&sequence, DER_CONTEXT(0), &inner))
        return;
    message->has_pac_options = true;
    message->pac_options = bits_read(inner, &length);
}

/* PA-FOR-USER ([MS-SFU] 2.2.1): [0] userName, [1] userRealm; PA-S4U-X509-USER (2.2.2): [0]
 * S4UUserID with [1] cname, [2] crealm. */
static void for_user_read(struct cursor at, bool is_x509, struct krb5_message *message)
{
    struct cursor sequence, inner;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &sequence))
        return;
    if (is_x509 && (!der_take(&sequence, DER_CONTEXT(0), &inner) ||
                    !der_take(&inner, DER_SEQUENCE, &sequence)))
        return;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(is_x509 ? 1 : 0) && !message->for_user.is_there)
            name_read(inner, &message->for_user);
        else if (tag == DER_CONTEXT(is_x509 ? 2 : 1))
            message->for_user_realm = text_read(inner, DER_GENERAL);
    }
}

/* ETYPE-INFO2 (5.2.7.5): of each entry [0] etype, [1] salt */
static void salt_read(struct cursor at, struct krb5_message *message)
{
    struct cursor list, entry, inner;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &list) || !der_take(&list, DER_SEQUENCE, &entry))
        return;
    while (der_next(&entry, &tag, &inner))
        if (tag == DER_CONTEXT(1))
            message->salt = text_read(inner, DER_GENERAL);
}

/* PA-FX-FAST-REPLY (RFC 6113 5.4.3): [0] armored-data, whose [0] is encrypted */
static void fast_read(struct cursor at, struct krb5_message *message)
{
    struct cursor inner, sequence;
    if (der_take(&at, DER_CONTEXT(0), &inner) && der_take(&inner, DER_SEQUENCE, &sequence) &&
        der_take(&sequence, DER_CONTEXT(0), &inner))
        encrypted_read(inner, &message->fast);
}

/* PA-DATA (5.2.7) */
static void padata_read(struct cursor at, struct krb5_message *message)
{
    struct cursor list, element, inner, value = {0};
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &list))
        return;
    while (der_take(&list, DER_SEQUENCE, &element)) {
        int64_t type = 0;
        struct cursor octets = {0};
        while (der_next(&element, &tag, &inner)) {
            if (tag == DER_CONTEXT(1))
                integer_read(inner, &type);
            else if (tag == DER_CONTEXT(2) && der_take(&inner, DER_OCTETS, &value))
                octets = value;
        }
        list_add(&message->padata, type);
        if (type == PA_TGS_REQ)
            ap_req_read(octets, message);
        else if (type == PA_ETYPE_INFO2)
            salt_read(octets, message);
        else if (type == PA_FX_FAST)
            fast_read(octets, message);
        else if (type == PA_PAC_REQUEST)
            pac_request_read(octets, message);
        else if (type == PA_PAC_OPTIONS)
            pac_options_read(octets, message);
        else if (type == PA_FOR_USER || type == PA_FOR_X509_USER)
            for_user_read(octets, type == PA_FOR_X509_USER, message);
    }
}

static void additional_read(struct cursor at, struct krb5_message *message)
{
    struct cursor list, element;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &list))
        return;
    for (struct cursor before = list; der_next(&list, &tag, &element); before = list)
        if (message->additional_tickets++ == 0)
            ticket_read(before, &message->additional);
}

static void etypes_read(struct cursor at, struct krb5_message *message)
{
    struct cursor list, inner;
    if (!der_take(&at, DER_SEQUENCE, &list))
        return;
    while (der_take(&list, DER_INTEGER, &inner))
        list_add(&message->etypes, der_integer(&inner));
}

/* KDC-REQ-BODY: [0] options, [1] cname, [2] realm, [3] sname, [4] from, [5] till, [6] rtime,
 * [7] nonce, [8] etype, [9] addresses, [10] enc-authorization-data, [11] additional-tickets */
static void body_read(struct cursor at, struct krb5_message *message)
{
    struct cursor sequence, inner;
    uint8_t tag;
    if (!der_take(&at, DER_SEQUENCE, &sequence))
        return;
    while (der_next(&sequence, &tag, &inner)) {
        switch (tag) {
        case DER_CONTEXT(0):
            message->options = bits_read(inner, &message->options_length);
            break;
        case DER_CONTEXT(1):
            name_read(inner, &message->client);
            break;
        case DER_CONTEXT(2):
            message->realm = text_read(inner, DER_GENERAL);
            break;
        case DER_CONTEXT(3):
            name_read(inner, &message->service);
            break;
        case DER_CONTEXT(4):
            message->from = text_read(inner, DER_TIME);
            break;
        case DER_CONTEXT(5):
            message->till = text_read(inner, DER_TIME);
            break;
        case DER_CONTEXT(6):
            message->renew = text_read(inner, DER_TIME);
            break;
        case DER_CONTEXT(7):
            message->has_nonce = true;
            integer_read(inner, &message->nonce);
            break;
        case DER_CONTEXT(8):
            etypes_read(inner, message);
            break;
        case DER_CONTEXT(9):
            message->has_addresses = true;
            break;
        case DER_CONTEXT(10):
            message->has_authorization = true;
            break;
        case DER_CONTEXT(11):
            additional_read(inner, message);
            break;
        default:
            break;
        }
    }
}

/* KDC-REQ: [1] pvno, [2] msg-type, [3] padata, [4] req-body */
static bool request_read(struct cursor at, struct krb5_message *message)
{
    struct cursor inner;
    uint8_t tag;
    bool has_body = false;
    while (der_next(&at, &tag, &inner)) {
        if (tag == DER_CONTEXT(3)) {
            padata_read(inner, message);
        } else if (tag == DER_CONTEXT(4)) {
            body_read(inner, message);
            has_body = true;
        }
    }
    return has_body;
}

/* KDC-REP: [2] padata, [3] crealm, [4] cname, [5] ticket, [6] enc-part */
static bool reply_read(struct cursor at, struct krb5_message *message)
{
    struct cursor inner;
    uint8_t tag;
    while (der_next(&at, &tag, &inner)) {
        if (tag == DER_CONTEXT(2))
            padata_read(inner, message);
        else if (tag == DER_CONTEXT(3))
            message->realm = text_read(inner, DER_GENERAL);
        else if (tag == DER_CONTEXT(4))
            name_read(inner, &message->client);
        else if (tag == DER_CONTEXT(5))
            ticket_read(inner, &message->ticket);
        else if (tag == DER_CONTEXT(6))
            encrypted_read(inner, &message->reply);
    }
    return message->ticket.is_there;
}

/* KRB-ERROR: [6] error-code, [7] crealm, [8] cname, [9] realm, [10] sname */
static bool error_read(struct cursor at, struct krb5_message *message)
{
    struct cursor inner;
    uint8_t tag;
    bool has_code = false;
    while (der_next(&at, &tag, &inner)) {
        if (tag == DER_CONTEXT(6)) {
            integer_read(inner, &message->error);
            has_code = true;
        } else if (tag == DER_CONTEXT(9)) {
            message->realm = text_read(inner, DER_GENERAL);
        } else if (tag == DER_CONTEXT(10)) {
            name_read(inner, &message->service);
        }
    }
    return has_code;
}

/* AP-REP (5.5.2): [2] enc-part */
static bool ap_rep_read(struct cursor at, struct krb5_message *message)
{
    struct cursor inner;
    uint8_t tag;
    while (der_next(&at, &tag, &inner))
        if (tag == DER_CONTEXT(2))
            encrypted_read(inner, &message->reply);
    return true;
}

bool krb5_read(struct bytes bytes, struct krb5_message *message)
{
    struct cursor at = cursor_over(bytes, 0), application, sequence;
    const struct cursor whole = at;
    uint8_t tag;
    *message = (struct krb5_message){0};
    if (!der_next(&at, &tag, &application) || tag <= 0x60 || tag >= 0x7F)
        return false;
    message->type = (enum krb5_type)(tag - 0x60);
    if (message->type == KRB5_AP_REQ)
        return ap_req_read(whole, message);
    if (!der_take(&application, DER_SEQUENCE, &sequence))
        return false;
    switch (message->type) {
    case KRB5_AS_REQ:
    case KRB5_TGS_REQ:
        return request_read(sequence, message);
    case KRB5_AS_REP:
    case KRB5_TGS_REP:
        return reply_read(sequence, message);
    case KRB5_ERROR:
        return error_read(sequence, message);
    case KRB5_AP_REP:
        return ap_rep_read(sequence, message);
    default:
        return message->type == KRB5_CRED;
    }
}
