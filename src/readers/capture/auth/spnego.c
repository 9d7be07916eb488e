#include "readers/capture/auth/spnego.h"

#include "readers/capture/auth/der.h"

static const struct {
    const char *name;
    uint8_t length;
    uint8_t oid[11];
} mechanisms[] = {
    [SPNEGO_OTHER] = {"other", 0, {0}},
    [SPNEGO_NTLMSSP] = {"NTLMSSP", 10, {0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10}},
    [SPNEGO_MS_KRB5] = {"MS-KRB5", 9, {0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 1, 2, 2}},
    [SPNEGO_KRB5] = {"KRB5", 9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2}},
    [SPNEGO_KRB5_U2U] = {"KRB5-U2U", 10, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2, 3}},
    [SPNEGO_NEGOEX] = {"NEGOEX", 10, {0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 30}},
};

const char *spnego_mechanism_name(enum spnego_mechanism mechanism)
{
    return mechanisms[mechanism].name;
}

static enum spnego_mechanism mechanism_of(struct bytes oid)
{
    for (size_t i = 1; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        if (bytes_equal(oid, bytes_of(mechanisms[i].oid, mechanisms[i].length)))
            return (enum spnego_mechanism)i;
    return SPNEGO_OTHER;
}

static void octets_read(struct cursor at, struct bytes *octets)
{
    struct cursor inner;
    if (der_take(&at, DER_OCTETS, &inner)) {
        *octets = der_bytes(&inner);
        if (!octets->data)
            octets->data = (const uint8_t *)"";
    }
}

static void mechanisms_read(struct cursor at, struct spnego_token *token)
{
    struct cursor list, oid;
    if (!der_take(&at, DER_SEQUENCE, &list))
        return;
    while (token->mechanism_count < SPNEGO_MECHANISMS_MAX && der_take(&list, DER_OID, &oid))
        token->mechanisms[token->mechanism_count++] = mechanism_of(der_bytes(&oid));
}

/* NegTokenInit: [0] mechTypes, [1] reqFlags, [2] mechToken, [3] mechListMIC (or, from Windows'
 * servers, [3] negHints and [4] mechListMIC). */
static void init_read(struct cursor at, struct spnego_token *token)
{
    uint8_t tag;
    struct cursor inner;
    token->is_init = true;
    while (der_next(&at, &tag, &inner)) {
        if (tag == DER_CONTEXT(0))
            mechanisms_read(inner, token);
        else if (tag == DER_CONTEXT(2))
            octets_read(inner, &token->token);
        else if (tag == DER_CONTEXT(3))
            octets_read(inner, &token->list_mic);
    }
}

/* NegTokenResp: [0] negState, [1] supportedMech, [2] responseToken, [3] mechListMIC. */
static void response_read(struct cursor at, struct spnego_token *token)
{
    uint8_t tag;
    struct cursor inner, value;
    while (der_next(&at, &tag, &inner)) {
        if (tag == DER_CONTEXT(0) && der_take(&inner, DER_ENUMERATED, &value)) {
            token->has_state = true;
            token->state = (int)der_integer(&value);
        } else if (tag == DER_CONTEXT(1) && der_take(&inner, DER_OID, &value)) {
            token->mechanisms[0] = mechanism_of(der_bytes(&value));
            token->mechanism_count = 1;
        } else if (tag == DER_CONTEXT(2)) {
            octets_read(inner, &token->token);
        } else if (tag == DER_CONTEXT(3)) {
            octets_read(inner, &token->list_mic);
        }
    }
}

bool spnego_read(struct bytes blob, struct spnego_token *token)
{
    struct cursor at = cursor_over(blob, 0), inner, sequence, oid;
    static const uint8_t spnego[] = {0x2B, 6, 1, 5, 5, 2};
    *token = (struct spnego_token){0};
    if (der_take(&at, DER_APPLICATION(0), &inner)) {
        if (!der_take(&inner, DER_OID, &oid) ||
            !bytes_equal(der_bytes(&oid), bytes_of(spnego, sizeof(spnego))))
            return false;
        at = inner;
    }
    if (der_take(&at, DER_CONTEXT(0), &inner) && der_take(&inner, DER_SEQUENCE, &sequence)) {
        init_read(sequence, token);
        return true;
    }
    if (der_take(&at, DER_CONTEXT(1), &inner) && der_take(&inner, DER_SEQUENCE, &sequence)) {
        response_read(sequence, token);
        return true;
    }
    return false;
}
