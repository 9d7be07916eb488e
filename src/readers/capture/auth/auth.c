#include "readers/capture/auth/auth.h"

#include "base/utf.h"
#include "crypt/crypt.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/auth/ntlm.h"
#include "readers/capture/auth/spnego.h"
#include "readers/capture/keys/ntlm_key.h"
#include "readers/capture/krb5/krb5.h"

#include <stdio.h>

/* One event for an authentication, whatever carries it. Zeek's names first, then ours. */
enum ntlm_field {
    NTLM_USERNAME,
    NTLM_HOSTNAME,
    NTLM_DOMAINNAME,
    NTLM_SERVER_NB_COMPUTER_NAME,
    NTLM_SERVER_DNS_COMPUTER_NAME,
    NTLM_SERVER_TREE_NAME,
    NTLM_SUCCESS,
    NTLM_STATUS,
    NTLM_SERVICE,    /* what carried it */
    NTLM_MECHANISMS, /* SPNEGO's list, joined by commas; empty: NTLMSSP alone */
    NTLM_IS_ANONYMOUS,
    NTLM_NEGOTIATE_FLAGS, /* hex */
    NTLM_NEGOTIATE_LENGTH,
    NTLM_NEGOTIATE_VERSION, /* hex digits */
    NTLM_CHALLENGE_FLAGS,
    NTLM_CHALLENGE_VERSION,
    NTLM_CHALLENGE_HAS_TIME,
    NTLM_AUTHENTICATE_FLAGS,
    NTLM_AUTHENTICATE_VERSION,
    NTLM_AUTHENTICATE_PAYLOAD, /* offset of the first field that is not empty */
    NTLM_HAS_MIC,              /* 16 bytes that are not all zero */
    NTLM_IS_V2,
    NTLM_CLIENT_CHALLENGE, /* as text when it is printable, else hex digits */
    NTLM_CLIENT_CHALLENGE_IS_ALNUM,
    NTLM_LM_HAS_CLIENT_CHALLENGE, /* an LMv2 response with the same client challenge */
    NTLM_AV_ORDER,                /* identifiers of the client's pairs, joined by commas */
    NTLM_AV_SERVER_ORDER,
    NTLM_AV_TRAILING,
    NTLM_TARGET_SPN,
    NTLM_SPN_IS_ECHO, /* the name in it is the server's own NetBIOS name */
    NTLM_TIME_IS_WHOLE_SECOND,
    NTLM_RESPONSE_HAS_STATE, /* the client's NegTokenResp */
    NTLM_RESPONSE_HAS_MIC,
    NTLM_KEY_FITS, /* whether the account's key gives this response; absent without one */
    NTLM_FIELD_COUNT
};

static const char *const ntlm_fields[NTLM_FIELD_COUNT] = {
    [NTLM_USERNAME] = "username",
    [NTLM_HOSTNAME] = "hostname",
    [NTLM_DOMAINNAME] = "domainname",
    [NTLM_SERVER_NB_COMPUTER_NAME] = "server_nb_computer_name",
    [NTLM_SERVER_DNS_COMPUTER_NAME] = "server_dns_computer_name",
    [NTLM_SERVER_TREE_NAME] = "server_tree_name",
    [NTLM_SUCCESS] = "success",
    [NTLM_STATUS] = "status",
    [NTLM_SERVICE] = "service",
    [NTLM_MECHANISMS] = "mechanisms",
    [NTLM_IS_ANONYMOUS] = "is_anonymous",
    [NTLM_NEGOTIATE_FLAGS] = "negotiate_flags",
    [NTLM_NEGOTIATE_LENGTH] = "negotiate_length",
    [NTLM_NEGOTIATE_VERSION] = "negotiate_version",
    [NTLM_CHALLENGE_FLAGS] = "challenge_flags",
    [NTLM_CHALLENGE_VERSION] = "challenge_version",
    [NTLM_CHALLENGE_HAS_TIME] = "challenge_has_time",
    [NTLM_AUTHENTICATE_FLAGS] = "authenticate_flags",
    [NTLM_AUTHENTICATE_VERSION] = "authenticate_version",
    [NTLM_AUTHENTICATE_PAYLOAD] = "authenticate_payload",
    [NTLM_HAS_MIC] = "has_mic",
    [NTLM_IS_V2] = "is_v2",
    [NTLM_CLIENT_CHALLENGE] = "client_challenge",
    [NTLM_CLIENT_CHALLENGE_IS_ALNUM] = "client_challenge_is_alnum",
    [NTLM_LM_HAS_CLIENT_CHALLENGE] = "lm_has_client_challenge",
    [NTLM_AV_ORDER] = "av_order",
    [NTLM_AV_SERVER_ORDER] = "av_server_order",
    [NTLM_AV_TRAILING] = "av_trailing",
    [NTLM_TARGET_SPN] = "target_spn",
    [NTLM_SPN_IS_ECHO] = "spn_is_echo",
    [NTLM_TIME_IS_WHOLE_SECOND] = "time_is_whole_second",
    [NTLM_RESPONSE_HAS_STATE] = "response_has_state",
    [NTLM_RESPONSE_HAS_MIC] = "response_has_mic",
    [NTLM_KEY_FITS] = "key_fits",
};

static const struct wire_log ntlm_log = {"ntlm", ntlm_fields, NTLM_FIELD_COUNT};

/* A message as it was seen, with its bytes kept. */
struct seen {
    bool is_there;
    struct ntlm_message message;
    struct wire_place place;
};

struct auth_state {
    const char *service;
    struct auth_identity identity;
    struct seen negotiate, challenge, authenticate;
    char mechanisms[96];          /* of the client's NegTokenInit */
    bool has_state, has_list_mic; /* of the client's last NegTokenResp */
    enum wire_verdict verdict;    /* on the key that the defender gave */
    struct wire_secret *secret;   /* NULL: not known */
    bool is_told;
};

const struct auth_identity *auth_identity(const struct auth_state *state)
{
    static const struct auth_identity nobody;
    return state ? &state->identity : &nobody;
}

const struct wire_secret *auth_secret(const struct auth_state *state)
{
    return state ? state->secret : NULL;
}

/* A message's text as UTF-8 in the connection's arena. */
static struct bytes text_keep(struct arena *arena, struct bytes raw, bool is_unicode)
{
    if (!is_unicode || !raw.length)
        return arena_keep(arena, raw);
    uint8_t *room = arena_take_aligned(arena, UTF8_BOUND(raw.length / 2), 1);
    if (!room)
        return (struct bytes){0};
    const size_t length = utf8_from_utf16(room, raw.data, raw.length / 2);
    arena->at = room + length;
    return bytes_of(room, length);
}

static void identity_learn(struct arena *arena, struct auth_state *state,
                           const struct ntlm_message *message)
{
    const bool is_unicode = message->flags & NTLM_UNICODE;
    state->identity = (struct auth_identity){
        .domain = text_keep(arena, message->domain, is_unicode),
        .user = text_keep(arena, message->user, is_unicode),
        .workstation = text_keep(arena, message->workstation, is_unicode),
        .mechanism = "NTLM",
        .is_anonymous = message->user.length == 0 && message->nt.length == 0,
    };
}

static bool is_alnum(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        const uint8_t c = bytes.data[i];
        if ((unsigned)(c - '0') > 9 && (unsigned)((c | 32) - 'a') > 25)
            return false;
    }
    return bytes.length > 0;
}

static bool is_zero(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i])
            return false;
    return true;
}

static void set_order(struct wire_event *event, uint32_t field, const struct ntlm_pairs *pairs)
{
    char text[sizeof(pairs->order) * 4 + 1] = "";
    size_t length = 0;
    for (unsigned i = 0; i < pairs->count; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%u", i ? "," : "",
                                   pairs->order[i]);
    wire_set_copy(event, field, bytes_of(text, length));
}

static void set_pair(struct wire_event *event, uint32_t field, const struct ntlm_pairs *pairs,
                     enum ntlm_av id)
{
    if (pairs->values[id].data)
        wire_set_utf16(event, field, pairs->values[id]);
}

static void negotiate_tell(struct wire_event *event, const struct auth_state *state)
{
    const struct ntlm_message *message = &state->negotiate.message;
    if (!state->negotiate.is_there)
        return;
    wire_set_hex(event, NTLM_NEGOTIATE_FLAGS, message->flags, 4);
    wire_set_number(event, NTLM_NEGOTIATE_LENGTH, message->length);
    if (message->version.length)
        wire_set_binary(event, NTLM_NEGOTIATE_VERSION, message->version);
}

static void challenge_tell(struct wire_event *event, const struct auth_state *state)
{
    const struct ntlm_message *message = &state->challenge.message;
    if (!state->challenge.is_there)
        return;
    wire_set_hex(event, NTLM_CHALLENGE_FLAGS, message->flags, 4);
    if (message->version.length)
        wire_set_binary(event, NTLM_CHALLENGE_VERSION, message->version);
    wire_set_bool(event, NTLM_CHALLENGE_HAS_TIME,
                  message->pairs.values[NTLM_AV_TIMESTAMP].data != NULL);
    set_pair(event, NTLM_SERVER_NB_COMPUTER_NAME, &message->pairs, NTLM_AV_NB_COMPUTER);
    set_pair(event, NTLM_SERVER_DNS_COMPUTER_NAME, &message->pairs, NTLM_AV_DNS_COMPUTER);
    set_pair(event, NTLM_SERVER_TREE_NAME, &message->pairs, NTLM_AV_DNS_TREE);
    set_order(event, NTLM_AV_SERVER_ORDER, &message->pairs);
}

/* The SPN names the server by the name that it gave itself: "cifs/" and MsvAvNbComputerName. */
static bool spn_is_echo(struct bytes spn, struct bytes name)
{
    size_t at = 0;
    while (at + 1 < spn.length && load_le16(spn.data + at) != '/')
        at += 2;
    return name.length && at + 2 <= spn.length &&
           bytes_equal(bytes_of(spn.data + at + 2, spn.length - at - 2), name);
}

static void response_tell(struct wire_event *event, const struct auth_state *state)
{
    const struct ntlm_message *message = &state->authenticate.message;
    const struct ntlm_pairs *pairs = &message->pairs;
    const struct bytes challenge = message->client_challenge;
    const bool is_v2 = message->timestamp.length > 0;
    wire_set_bool(event, NTLM_IS_V2, is_v2);
    if (challenge.length && is_alnum(challenge))
        wire_set_copy(event, NTLM_CLIENT_CHALLENGE, challenge);
    else if (challenge.length)
        wire_set_binary(event, NTLM_CLIENT_CHALLENGE, challenge);
    if (!is_v2)
        return;
    wire_set_bool(event, NTLM_CLIENT_CHALLENGE_IS_ALNUM, is_alnum(challenge));
    wire_set_bool(event, NTLM_LM_HAS_CLIENT_CHALLENGE,
                  message->lm.length == 24 &&
                      memcmp(message->lm.data + 16, challenge.data, 8) == 0);
    set_order(event, NTLM_AV_ORDER, pairs);
    wire_set_number(event, NTLM_AV_TRAILING, pairs->trailing);
    set_pair(event, NTLM_TARGET_SPN, pairs, NTLM_AV_TARGET_NAME);
    if (pairs->values[NTLM_AV_TARGET_NAME].data)
        wire_set_bool(event, NTLM_SPN_IS_ECHO,
                      spn_is_echo(pairs->values[NTLM_AV_TARGET_NAME],
                                  state->challenge.message.pairs.values[NTLM_AV_NB_COMPUTER]));
    wire_set_bool(event, NTLM_TIME_IS_WHOLE_SECOND,
                  load_le64(message->timestamp.data) % 10000000U == 0);
}

static void authenticate_tell(struct wire_event *event, const struct auth_state *state)
{
    const struct ntlm_message *message = &state->authenticate.message;
    if (!state->authenticate.is_there)
        return;
    wire_set_text(event, NTLM_USERNAME, state->identity.user);
    wire_set_text(event, NTLM_HOSTNAME, state->identity.workstation);
    wire_set_text(event, NTLM_DOMAINNAME, state->identity.domain);
    wire_set_bool(event, NTLM_IS_ANONYMOUS, state->identity.is_anonymous);
    if (message->has_flags)
        wire_set_hex(event, NTLM_AUTHENTICATE_FLAGS, message->flags, 4);
    if (message->version.length)
        wire_set_binary(event, NTLM_AUTHENTICATE_VERSION, message->version);
    wire_set_number(event, NTLM_AUTHENTICATE_PAYLOAD, message->payload);
    wire_set_bool(event, NTLM_HAS_MIC, message->mic.length && !is_zero(message->mic));
    wire_set_bool(event, NTLM_RESPONSE_HAS_STATE, state->has_state);
    wire_set_bool(event, NTLM_RESPONSE_HAS_MIC, state->has_list_mic);
    if (state->verdict != WIRE_KEY_NONE)
        wire_set_bool(event, NTLM_KEY_FITS, state->verdict == WIRE_KEY_RIGHT);
    response_tell(event, state);
}

static const struct wire_place *first_place(const struct auth_state *state)
{
    return state->negotiate.is_there      ? &state->negotiate.place
           : state->challenge.is_there    ? &state->challenge.place
           : state->authenticate.is_there ? &state->authenticate.place
                                          : NULL;
}

static void ntlm_tell(struct wire_session *carrier, struct auth_state *state,
                      const bool *is_success, const char *status)
{
    struct wire_connection *connection = carrier->connection;
    const struct wire_place *first = first_place(state);
    if (state->is_told || !first)
        return;
    state->is_told = true;
    /* Where the server refused it too, the client's password was wrong. */
    if (state->verdict == WIRE_KEY_WRONG && (!is_success || *is_success))
        wire_note(carrier, WIRE_CLIENT, "logons that the account's key does not fit");
    struct wire_event *event = wire_event_begin(connection, &ntlm_log);
    if (!event)
        return;
    wire_set_name(event, NTLM_SERVICE, state->service);
    wire_set_text(event, NTLM_MECHANISMS, bytes_of_text(state->mechanisms));
    if (is_success)
        wire_set_bool(event, NTLM_SUCCESS, *is_success);
    if (status)
        wire_set_name(event, NTLM_STATUS, status);
    negotiate_tell(event, state);
    challenge_tell(event, state);
    authenticate_tell(event, state);
    wire_event_end(connection, event, first,
                   state->authenticate.is_there ? &state->authenticate.place : NULL);
}

/* A new negotiation on the same connection begins with what was before told. */
static void restart(struct wire_session *carrier, struct auth_state *state)
{
    ntlm_tell(carrier, state, NULL, NULL);
    const char *service = state->service;
    char mechanisms[sizeof(state->mechanisms)];
    memcpy(mechanisms, state->mechanisms, sizeof(mechanisms));
    *state = (struct auth_state){.service = service};
    memcpy(state->mechanisms, mechanisms, sizeof(mechanisms));
}

/* With the account's key the session's key follows from the response. */
static void secret_learn(struct wire_session *carrier, struct auth_state *state)
{
    const struct wire_keys *keys = wire_keys_of(carrier->connection);
    const struct ntlm_message *message = &state->authenticate.message;
    if (!keys || !state->challenge.is_there)
        return;
    const struct ntlm_proof proof = {
        .user = state->identity.user,
        .domain = state->identity.domain,
        .challenge = state->challenge.message.challenge,
        .lm = message->lm,
        .nt = message->nt,
        .session_key = message->session_key,
        .flags = message->has_flags ? message->flags : state->challenge.message.flags,
    };
    struct wire_secret secret = {0};
    state->verdict = ntlm_key_find(wire_keys_secrets(keys), &proof, &secret);
    if (state->verdict != WIRE_KEY_RIGHT)
        return;
    state->secret = wire_hold(carrier->connection, sizeof(secret));
    if (state->secret)
        *state->secret = secret;
    crypt_wipe(&secret, sizeof(secret));
}

static void ntlm_token(struct wire_session *carrier, enum wire_side side, struct bytes token,
                       struct auth_state *state)
{
    struct wire_connection *connection = carrier->connection;
    const char *reason;
    const struct bytes kept = arena_keep(connection->arena, token);
    struct ntlm_message message;
    if (!kept.data || !ntlm_read(kept, &message, &reason)) {
        wire_damaged(carrier, side, kept.data ? reason : "no memory for an NTLMSSP message");
        return;
    }
    if (message.type == NTLM_NEGOTIATE && (state->negotiate.is_there || state->challenge.is_there))
        restart(carrier, state);
    struct seen *seen = message.type == NTLM_NEGOTIATE   ? &state->negotiate
                        : message.type == NTLM_CHALLENGE ? &state->challenge
                                                         : &state->authenticate;
    *seen = (struct seen){true, message, connection->now[side]};
    if (message.type == NTLM_AUTHENTICATE) {
        identity_learn(connection->arena, state, &message);
        secret_learn(carrier, state);
    }
}

static void mechanisms_keep(struct auth_state *state, const struct spnego_token *token)
{
    size_t length = 0;
    state->mechanisms[0] = '\0';
    for (unsigned i = 0; i < token->mechanism_count && length < sizeof(state->mechanisms); i++)
        length +=
            (size_t)snprintf(state->mechanisms + length, sizeof(state->mechanisms) - length, "%s%s",
                             i ? "," : "", spnego_mechanism_name(token->mechanisms[i]));
}

/* The keys of a ticket: what the client chose comes before the ticket's own. */
static void initiator_learn(struct wire_session *carrier, const struct krb5_inside *inside,
                            struct auth_state *state)
{
    state->identity.domain = inside->realm;
    state->identity.user = inside->client;
    state->secret = wire_hold(carrier->connection, sizeof(*state->secret));
    if (!state->secret)
        return;
    if (inside->subkey.length)
        state->secret->keys[state->secret->count++] = inside->subkey;
    state->secret->keys[state->secret->count++] = inside->session;
}

/* And what the server chose comes before both. */
static void acceptor_learn(struct wire_session *carrier, struct bytes token,
                           struct auth_state *state)
{
    struct wire_secret *secret = state->secret;
    struct wire_key subkey;
    if (!secret || !secret->count || secret->count == WIRE_SECRET_KEYS ||
        !krb5_ap_rep(carrier, token, &secret->keys[secret->count - 1], &subkey))
        return;
    memmove(secret->keys + 1, secret->keys, secret->count * sizeof(secret->keys[0]));
    secret->keys[0] = subkey;
    secret->count++;
    crypt_wipe(&subkey, sizeof(subkey));
}

/* An AP-REQ by itself, or behind the GSS header of RFC 4121 4.1: 0x60, the mechanism, 01 00. How it
 * comes tells clients apart, so the carrier's name says so. */
static void kerberos_token(struct wire_session *carrier, enum wire_side side, struct bytes token,
                           struct auth_state *state)
{
    struct cursor at = cursor_over(token, 0), inner, oid;
    if (token.length && token.data[0] == 0x60 && der_take(&at, 0x60, &inner) &&
        der_take(&inner, DER_OID, &oid) && cursor_take(&inner, 2))
        token = der_bytes(&inner);
    if (side == WIRE_SERVER) {
        acceptor_learn(carrier, token, state);
        return;
    }
    struct krb5_inside inside;
    if (!krb5_ap_req(carrier, side, token, state->service, &inside))
        return;
    state->identity.mechanism = "Kerberos";
    if (inside.has_session)
        initiator_learn(carrier, &inside, state);
    crypt_wipe(&inside, sizeof(inside));
}

void auth_token(struct wire_session *carrier, enum wire_side side, struct bytes blob,
                struct auth_state **kept, const char *service)
{
    struct spnego_token token;
    if (!*kept) {
        *kept = arena_take_array(carrier->connection->arena, 1, sizeof(**kept));
        if (!*kept)
            return;
        (*kept)->service = service;
    }
    struct auth_state *state = *kept;
    if (ntlm_is(blob)) {
        ntlm_token(carrier, side, blob, state);
        return;
    }
    if (!spnego_read(blob, &token)) {
        kerberos_token(carrier, side, blob, state);
        return;
    }
    if (side == WIRE_CLIENT && token.is_init)
        mechanisms_keep(state, &token);
    if (side == WIRE_CLIENT && !token.is_init) {
        state->has_state = token.has_state;
        state->has_list_mic = token.list_mic.data != NULL;
    }
    if (ntlm_is(token.token))
        ntlm_token(carrier, side, token.token, state);
    else if (token.token.length)
        kerberos_token(carrier, side, token.token, state);
}

void auth_outcome(struct wire_session *carrier, struct auth_state *state, bool is_success,
                  const char *status)
{
    if (state && state->authenticate.is_there)
        ntlm_tell(carrier, state, &is_success, status);
}

void auth_end(struct wire_session *carrier, struct auth_state *state)
{
    if (state)
        ntlm_tell(carrier, state, NULL, NULL);
}
