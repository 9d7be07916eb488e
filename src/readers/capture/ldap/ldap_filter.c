#include "readers/capture/ldap/ldap_filter.h"

#include "readers/capture/auth/der.h"

#include <stdio.h>

/* Filter CHOICE (RFC 4511 4.5.1.7) */
#define FILTER_AND        0xA0
#define FILTER_OR         0xA1
#define FILTER_NOT        0xA2
#define FILTER_EQUAL      0xA3
#define FILTER_SUBSTRINGS 0xA4
#define FILTER_GREATER    0xA5
#define FILTER_LESS       0xA6
#define FILTER_PRESENT    0x87
#define FILTER_APPROX     0xA8
#define FILTER_EXTENSIBLE 0xA9

static bool raw_add(struct ldap_text *to, const char *text)
{
    const size_t length = strlen(text);
    if (to->room - to->length < length)
        return false;
    memcpy(to->data + to->length, text, length);
    to->length += length;
    return true;
}

bool ldap_text_add(struct ldap_text *to, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        const uint8_t c = bytes.data[i];
        if (to->room - to->length < 3)
            return false;
        if (c >= 0x20 && c != 0x7F && c != '\\' && c != '(' && c != ')' && c != '*') {
            to->data[to->length++] = (char)c;
        } else {
            char hex[4];
            snprintf(hex, sizeof(hex), "\\%02x", c);
            memcpy(to->data + to->length, hex, 3);
            to->length += 3;
        }
    }
    return true;
}

static bool list_write(struct ldap_text *to, struct cursor inner, const char *mark, unsigned depth)
{
    if (!raw_add(to, mark))
        return false;
    while (cursor_left(&inner))
        if (!ldap_filter_write(to, &inner, depth + 1))
            return false;
    return true;
}

/* AttributeValueAssertion */
static bool assertion_write(struct ldap_text *to, struct cursor inner, const char *mark)
{
    struct cursor name, value;
    return der_take(&inner, DER_OCTETS, &name) && der_take(&inner, DER_OCTETS, &value) &&
           ldap_text_add(to, der_bytes(&name)) && raw_add(to, mark) &&
           ldap_text_add(to, der_bytes(&value));
}

/* SubstringFilter: type, then initial [0], any [1], final [2] */
static bool substrings_write(struct ldap_text *to, struct cursor inner)
{
    struct cursor name, list, part;
    uint8_t tag, last = 0x80;
    if (!der_take(&inner, DER_OCTETS, &name) || !der_take(&inner, DER_SEQUENCE, &list) ||
        !ldap_text_add(to, der_bytes(&name)) || !raw_add(to, "="))
        return false;
    while (der_next(&list, &tag, &part)) {
        if ((tag != 0x80 && !raw_add(to, "*")) || !ldap_text_add(to, der_bytes(&part)))
            return false;
        last = tag;
    }
    return last == 0x82 || raw_add(to, "*");
}

/* MatchingRuleAssertion: matchingRule [1], type [2], matchValue [3], dnAttributes [4] */
static bool extensible_write(struct ldap_text *to, struct cursor inner)
{
    struct cursor part;
    struct bytes rule = {0}, name = {0}, value = {0};
    bool has_rule = false, is_dn = false;
    uint8_t tag;
    while (der_next(&inner, &tag, &part)) {
        if (tag == 0x81) {
            rule = der_bytes(&part);
            has_rule = true;
        } else if (tag == 0x82) {
            name = der_bytes(&part);
        } else if (tag == 0x83) {
            value = der_bytes(&part);
        } else if (tag == 0x84) {
            is_dn = cursor_left(&part) && part.at[0];
        }
    }
    return ldap_text_add(to, name) && (!is_dn || raw_add(to, ":dn")) &&
           (!has_rule || (raw_add(to, ":") && ldap_text_add(to, rule))) && raw_add(to, ":=") &&
           ldap_text_add(to, value);
}

static bool item_write(struct ldap_text *to, uint8_t tag, struct cursor inner, unsigned depth)
{
    switch (tag) {
    case FILTER_AND:
        return list_write(to, inner, "&", depth);
    case FILTER_OR:
        return list_write(to, inner, "|", depth);
    case FILTER_NOT:
        return list_write(to, inner, "!", depth);
    case FILTER_EQUAL:
        return assertion_write(to, inner, "=");
    case FILTER_GREATER:
        return assertion_write(to, inner, ">=");
    case FILTER_LESS:
        return assertion_write(to, inner, "<=");
    case FILTER_APPROX:
        return assertion_write(to, inner, "~=");
    case FILTER_SUBSTRINGS:
        return substrings_write(to, inner);
    case FILTER_PRESENT:
        return ldap_text_add(to, der_bytes(&inner)) && raw_add(to, "=*");
    case FILTER_EXTENSIBLE:
        return extensible_write(to, inner);
    default:
        return false;
    }
}

bool ldap_filter_write(struct ldap_text *to, struct cursor *at, unsigned depth)
{
    struct cursor inner;
    uint8_t tag;
    return depth < LDAP_FILTER_DEPTH && der_next(at, &tag, &inner) && raw_add(to, "(") &&
           item_write(to, tag, inner, depth) && raw_add(to, ")");
}
