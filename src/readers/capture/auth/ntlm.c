#include "readers/capture/auth/ntlm.h"

#define SIGNATURE_LENGTH 8
#define NTLMV2_HEADER    44 /* of the response: proof 16, client challenge structure 28 */

bool ntlm_is(struct bytes token)
{
    return token.length >= 12 && memcmp(token.data, "NTLMSSP", SIGNATURE_LENGTH) == 0;
}

/* A payload field's length, maximum and offset at `at` ([MS-NLMP] 2.2.1.1: DomainNameFields etc.).
 * What lies outside the message is empty. */
static struct bytes field_at(struct bytes token, size_t at, size_t *payload)
{
    if (token.length < at + 8)
        return (struct bytes){0};
    const size_t length = load_le16(token.data + at);
    const size_t offset = load_le32(token.data + at + 4);
    if (!length || offset > token.length || token.length - offset < length)
        return (struct bytes){0};
    if (!*payload || offset < *payload)
        *payload = offset;
    return bytes_of(token.data + offset, length);
}

/* [MS-NLMP] 2.2.2.1: pairs of identifier, length, value. */
static void pairs_read(struct bytes list, struct ntlm_pairs *pairs)
{
    size_t at = 0;
    while (list.length - at >= 4) {
        const uint16_t id = load_le16(list.data + at);
        const size_t length = load_le16(list.data + at + 2);
        at += 4;
        if (id == NTLM_AV_END) {
            pairs->has_end = true;
            break;
        }
        if (list.length - at < length)
            break;
        if (pairs->count < sizeof(pairs->order))
            pairs->order[pairs->count++] = id < 256 ? (uint8_t)id : 255;
        if (id < NTLM_AV_COUNT && !pairs->values[id].data)
            pairs->values[id] = bytes_of(list.data + at, length);
        at += length;
    }
    pairs->trailing = list.length - at;
}

/* [MS-NLMP] 2.2.1.1 */
static bool negotiate_read(struct bytes token, struct ntlm_message *message)
{
    if (token.length < 16)
        return false;
    message->flags = load_le32(token.data + 12);
    message->has_flags = true;
    message->domain = field_at(token, 16, &message->payload);
    message->workstation = field_at(token, 24, &message->payload);
    if ((message->flags & NTLM_VERSION) && token.length >= 40)
        message->version = bytes_of(token.data + 32, 8);
    return true;
}

/* [MS-NLMP] 2.2.1.2 */
static bool challenge_read(struct bytes token, struct ntlm_message *message)
{
    if (token.length < 32)
        return false;
    message->domain = field_at(token, 12, &message->payload);
    message->flags = load_le32(token.data + 20);
    message->has_flags = true;
    message->challenge = bytes_of(token.data + 24, 8);
    pairs_read(field_at(token, 40, &message->payload), &message->pairs);
    if ((message->flags & NTLM_VERSION) && token.length >= 56)
        message->version = bytes_of(token.data + 48, 8);
    return true;
}

/* [MS-NLMP] 2.2.1.3; the responses: 2.2.2.3 to 2.2.2.8 */
static bool authenticate_read(struct bytes token, struct ntlm_message *message)
{
    if (token.length < 52)
        return false;
    message->lm = field_at(token, 12, &message->payload);
    message->nt = field_at(token, 20, &message->payload);
    message->domain = field_at(token, 28, &message->payload);
    message->user = field_at(token, 36, &message->payload);
    message->workstation = field_at(token, 44, &message->payload);
    if (token.length >= 64) {
        message->session_key = field_at(token, 52, &message->payload);
        message->flags = load_le32(token.data + 60);
        message->has_flags = true;
    }
    const size_t payload = message->payload ? message->payload : token.length;
    if ((message->flags & NTLM_VERSION) && payload >= 72 && token.length >= 72)
        message->version = bytes_of(token.data + 64, 8);
    if (payload >= 88 && token.length >= 88)
        message->mic = bytes_of(token.data + 72, 16);
    if (message->nt.length >= NTLMV2_HEADER) {
        message->timestamp = bytes_of(message->nt.data + 24, 8);
        message->client_challenge = bytes_of(message->nt.data + 32, 8);
        pairs_read(bytes_of(message->nt.data + NTLMV2_HEADER, message->nt.length - NTLMV2_HEADER),
                   &message->pairs);
    } else if (message->nt.length == 24 && message->lm.length == 24) {
        message->client_challenge = bytes_of(message->lm.data, 8);
    }
    return true;
}

bool ntlm_read(struct bytes token, struct ntlm_message *message, const char **reason)
{
    *message = (struct ntlm_message){.length = token.length};
    if (!ntlm_is(token)) {
        *reason = "no NTLMSSP signature";
        return false;
    }
    const uint32_t type = load_le32(token.data + 8);
    bool is_whole = false;
    if (type == NTLM_NEGOTIATE)
        is_whole = negotiate_read(token, message);
    else if (type == NTLM_CHALLENGE)
        is_whole = challenge_read(token, message);
    else if (type == NTLM_AUTHENTICATE)
        is_whole = authenticate_read(token, message);
    message->type = (enum ntlm_type)type;
    *reason = type < NTLM_NEGOTIATE || type > NTLM_AUTHENTICATE ? "an unknown NTLMSSP message"
                                                                : "an NTLMSSP message cut short";
    return is_whole;
}
