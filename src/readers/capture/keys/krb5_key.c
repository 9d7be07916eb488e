#include "readers/capture/keys/krb5_key.h"

#include "base/hash.h"
#include "crypt/crypt.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/keys/krb5_cache.h"

#define TEXT_MAX        512U
#define DER_GENERAL     0x1B /* GeneralString */
#define AD_IF_RELEVANT  1
#define AD_WIN2K_PAC    128
#define PAC_CLIENT_INFO 10U
#define PAC_BUFFERS_MAX 32U
#define ENC_TICKET      DER_APPLICATION(3)
#define AUTHENTICATOR   DER_APPLICATION(2)
#define ENC_AS_REP      DER_APPLICATION(25)
#define ENC_TGS_REP     DER_APPLICATION(26)
#define ENC_AP_REP      DER_APPLICATION(27)

/* --- What is inside --- */

/* EncryptionKey (RFC 4120 5.2.9): [0] type, [1] value */
static bool key_read(struct cursor at, struct wire_key *key)
{
    struct cursor sequence, inner, type, value;
    if (!der_take(&at, DER_SEQUENCE, &sequence) || !der_take(&sequence, DER_CONTEXT(0), &inner) ||
        !der_take(&inner, DER_INTEGER, &type) || !der_take(&sequence, DER_CONTEXT(1), &inner) ||
        !der_take(&inner, DER_OCTETS, &value))
        return false;
    const struct bytes bytes = der_bytes(&value);
    const int64_t etype = der_integer(&type);
    if (etype < 0 || etype > INT32_MAX || !krb5_key_is_known((int)etype, bytes.length))
        return false;
    key->etype = (int)etype;
    key->length = (uint8_t)bytes.length;
    memcpy(key->data, bytes.data, bytes.length);
    return true;
}

/* The components of a PrincipalName, joined by slashes, as a copy. */
static struct bytes name_read(struct cursor at, struct arena *arena)
{
    struct cursor sequence, inner, parts, part;
    uint8_t text[TEXT_MAX], tag;
    size_t length = 0;
    if (!der_take(&at, DER_SEQUENCE, &sequence))
        return (struct bytes){0};
    while (der_next(&sequence, &tag, &inner)) {
        if (tag != DER_CONTEXT(1) || !der_take(&inner, DER_SEQUENCE, &parts))
            continue;
        while (der_take(&parts, DER_GENERAL, &part) && length + 1 + cursor_left(&part) < TEXT_MAX) {
            if (length)
                text[length++] = '/';
            memcpy(text + length, part.at, cursor_left(&part));
            length += cursor_left(&part);
        }
    }
    return arena_keep(arena, bytes_of(text, length));
}

static struct bytes text_read(struct cursor at, struct arena *arena)
{
    struct cursor inner;
    return der_take(&at, DER_GENERAL, &inner) ? arena_keep(arena, der_bytes(&inner))
                                              : (struct bytes){0};
}

/* [MS-PAC] 2.3: count 4, version 4, then buffers: type 4, size 4, offset 8. PAC_CLIENT_INFO (2.7):
 * time 8, length 2, name. */
static void pac_read(struct bytes pac, struct arena *arena, struct krb5_inside *inside)
{
    const uint32_t count = pac.length < 8 ? 0 : load_le32(pac.data);
    for (uint32_t i = 0; i < count && i < PAC_BUFFERS_MAX && 24 + 16 * (size_t)i <= pac.length;
         i++) {
        const uint8_t *row = pac.data + 8 + 16 * (size_t)i;
        const uint64_t offset = load_le64(row + 8);
        if (load_le32(row) != PAC_CLIENT_INFO || offset > pac.length || pac.length - offset < 10)
            continue;
        const size_t length = load_le16(pac.data + offset + 8);
        if (pac.length - offset - 10 >= length)
            inside->pac_client = arena_keep(arena, bytes_of(pac.data + offset + 10, length));
    }
}

/* AuthorizationData: a sequence of [0] type, [1] data; what may be ignored stands in one more. */
static void authorization_read(struct cursor at, struct arena *arena, struct krb5_inside *inside,
                               bool is_nested)
{
    struct cursor list, element, inner, type, data;
    if (!der_take(&at, DER_SEQUENCE, &list))
        return;
    while (der_take(&list, DER_SEQUENCE, &element)) {
        if (!der_take(&element, DER_CONTEXT(0), &inner) || !der_take(&inner, DER_INTEGER, &type) ||
            !der_take(&element, DER_CONTEXT(1), &inner) || !der_take(&inner, DER_OCTETS, &data))
            continue;
        if (der_integer(&type) == AD_WIN2K_PAC)
            pac_read(der_bytes(&data), arena, inside);
        else if (der_integer(&type) == AD_IF_RELEVANT && !is_nested)
            authorization_read(data, arena, inside, true);
    }
}

/* EncTicketPart (RFC 4120 5.3): [1] key, [2] crealm, [3] cname, [10] authorization-data */
static void ticket_read(struct bytes plain, struct arena *arena, struct krb5_inside *inside)
{
    struct cursor at = cursor_over(plain, 0), application, sequence, inner;
    uint8_t tag;
    if (!der_take(&at, ENC_TICKET, &application) ||
        !der_take(&application, DER_SEQUENCE, &sequence))
        return;
    inside->has_ticket = true;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(1))
            inside->has_session = key_read(inner, &inside->session);
        else if (tag == DER_CONTEXT(2))
            inside->realm = text_read(inner, arena);
        else if (tag == DER_CONTEXT(3))
            inside->client = name_read(inner, arena);
        else if (tag == DER_CONTEXT(10))
            authorization_read(inner, arena, inside, false);
    }
}

/* Authenticator (5.5.1): [1] crealm, [2] cname, [6] subkey */
static void authenticator_read(struct bytes plain, struct arena *arena, struct krb5_inside *inside)
{
    struct cursor at = cursor_over(plain, 0), application, sequence, inner;
    uint8_t tag;
    if (!der_take(&at, AUTHENTICATOR, &application) ||
        !der_take(&application, DER_SEQUENCE, &sequence))
        return;
    while (der_next(&sequence, &tag, &inner)) {
        if (tag == DER_CONTEXT(1) && !inside->realm.length)
            inside->realm = text_read(inner, arena);
        else if (tag == DER_CONTEXT(2) && !inside->client.length)
            inside->client = name_read(inner, arena);
        else if (tag == DER_CONTEXT(6))
            (void)key_read(inner, &inside->subkey);
    }
}

/* A key at [number] of what stands in one of these applications: EncASRepPart and EncTGSRepPart
 * (5.4.2) [0], EncAPRepPart (5.5.2) [2]. Some KDCs name one reply as the other. */
static bool part_key(struct bytes plain, unsigned first, unsigned last, unsigned number,
                     struct wire_key *key)
{
    struct cursor at = cursor_over(plain, 0), application, sequence, inner;
    uint8_t tag;
    if (!der_next(&at, &tag, &application) || tag < first || tag > last)
        return false;
    if (tag == DER_SEQUENCE)
        sequence = application;
    else if (!der_take(&application, DER_SEQUENCE, &sequence))
        return false;
    while (der_next(&sequence, &tag, &inner))
        if (tag == DER_CONTEXT(number))
            return key_read(inner, key);
    return false;
}

/* --- Tickets that are known --- */

static void ticket_learn(struct wire_keys *keys, struct bytes ticket, const struct wire_key *key)
{
    struct krb5_cache *cache = krb5_cache_of(keys);
    if (!cache || !ticket.length)
        return;
    struct krb5_known *row = &cache->tickets[cache->tickets_made++ % KRB5_TICKETS_MAX];
    row->hash = hash_bytes(ticket, 0);
    row->key = *key;
}

static bool ticket_recall(struct wire_keys *keys, struct bytes ticket, struct wire_key *key)
{
    const struct krb5_cache *cache = krb5_cache_of(keys);
    const uint64_t hash = hash_bytes(ticket, 0);
    for (uint32_t i = 0; cache && i < KRB5_TICKETS_MAX; i++) {
        if (cache->tickets[i].hash == hash && cache->tickets[i].key.length) {
            *key = cache->tickets[i].key;
            return true;
        }
    }
    return false;
}

/* --- Keys of accounts --- */

static bool key_derive(struct wire_keys *keys, const struct secret_account *account, int etype,
                       struct bytes salt, struct wire_key *key)
{
    struct krb5_cache *cache = krb5_cache_of(keys);
    const uint64_t hash = hash_bytes(salt, (uint64_t)(uintptr_t)account + (uint64_t)etype);
    if (!cache)
        return false;
    for (uint32_t i = 0; i < KRB5_DERIVED_MAX; i++) {
        if (cache->derived[i].hash == hash && cache->derived[i].key.length) {
            *key = cache->derived[i].key;
            return true;
        }
    }
    if (cache->derivations >= KRB5_DERIVE_MOST)
        return false;
    cache->derivations += etype < KRB5_AES128_SHA2 ? 1 : KRB5_DERIVE_SHA2;
    if (!krb5_string_to_key(etype, account->password, salt, key))
        return false;
    cache->derived[cache->derived_made++ % KRB5_DERIVED_MAX] =
        (struct krb5_known){.hash = hash, .key = *key};
    return true;
}

static size_t salt_add(uint8_t *salt, size_t length, struct bytes text, bool is_lower)
{
    for (size_t i = 0; i < text.length && length < TEXT_MAX; i++) {
        const uint8_t c = text.data[i];
        salt[length++] = is_lower && c >= 'A' && c <= 'Z' ? c | 32 : c;
    }
    return length;
}

/* The usual salt ([MS-KILE] 3.1.1.2): realm and user; of a computer "host", its name without the
 * dollar and the domain, in lower case. */
static size_t salt_make(struct bytes realm, struct bytes user, uint8_t salt[TEXT_MAX])
{
    size_t length = salt_add(salt, 0, realm, false);
    if (!user.length || user.data[user.length - 1] != '$')
        return salt_add(salt, length, user, false);
    length = salt_add(salt, length, bytes_of_text("host"), false);
    length = salt_add(salt, length, bytes_of(user.data, user.length - 1), true);
    length = salt_add(salt, length, bytes_of_text("."), false);
    return salt_add(salt, length, realm, true);
}

static bool account_key(struct wire_keys *keys, const struct secret_account *account, int etype,
                        struct bytes realm, struct bytes salt, struct wire_key *key)
{
    uint8_t made[TEXT_MAX];
    if (etype == KRB5_RC4) {
        *key = (struct wire_key){.length = 16, .etype = etype};
        memcpy(key->data, account->nt_hash, 16);
        return true;
    }
    if (!account->password.data)
        return false;
    if (!salt.length)
        salt = bytes_of(made, salt_make(realm, account->user, made));
    return key_derive(keys, account, etype, salt, key);
}

/* --- Trying --- */

struct attempt {
    struct wire_keys *keys;
    const struct krb5_cipher *cipher;
    unsigned usage;
    uint8_t *room;
    struct bytes plain;
};

static bool try_key(struct attempt *attempt, const struct wire_key *key)
{
    return key->etype == attempt->cipher->etype &&
           krb5_decrypt(key, attempt->usage, attempt->cipher->data, attempt->room, &attempt->plain);
}

static bool try_keytab(struct attempt *attempt, struct bytes name)
{
    const struct secrets *secrets = wire_keys_secrets(attempt->keys);
    struct wire_key key;
    bool is_open = false;
    for (size_t i = 0; i < secrets_key_count(secrets) && !is_open; i++) {
        const struct secret_key *row = secrets_key(secrets, i);
        if (row->etype != attempt->cipher->etype ||
            !krb5_key_is_known(row->etype, row->key.length) ||
            (name.length && !wire_is_same_name(row->name, name)))
            continue;
        key = (struct wire_key){.length = (uint8_t)row->key.length, .etype = row->etype};
        memcpy(key.data, row->key.data, row->key.length);
        is_open = try_key(attempt, &key);
    }
    crypt_wipe(&key, sizeof(key));
    return is_open;
}

static bool try_accounts(struct attempt *attempt, struct bytes realm, struct bytes name,
                         struct bytes salt, bool *has_account)
{
    const struct secrets *secrets = wire_keys_secrets(attempt->keys);
    const int64_t etype = attempt->cipher->etype;
    struct wire_key key;
    bool is_open = false;
    if (etype != KRB5_RC4 && (etype < KRB5_AES128 || etype > KRB5_AES256_SHA2))
        return false;
    for (size_t i = 0; i < secrets_account_count(secrets) && !is_open; i++) {
        const struct secret_account *account = secrets_account(secrets, i);
        if (name.length && !wire_is_same_name(account->user, name))
            continue;
        if (!account_key(attempt->keys, account, (int)etype, realm, salt, &key))
            continue;
        *has_account = true;
        is_open = try_key(attempt, &key);
    }
    crypt_wipe(&key, sizeof(key));
    return is_open;
}

bool krb5_ticket_open(struct wire_keys *keys, const struct krb5_asked *asked, struct arena *arena,
                      struct krb5_inside *inside)
{
    const struct bytes authenticator = asked->authenticator.data;
    const size_t length = asked->ticket.data.length + authenticator.length;
    struct attempt attempt = {.keys = keys,
                              .cipher = &asked->ticket,
                              .usage = KRB5_USAGE_TICKET,
                              .room = wire_room_take(keys, length)};
    bool has_account;
    *inside = (struct krb5_inside){0};
    if (!attempt.room)
        return false;
    if (try_keytab(&attempt, (struct bytes){0}) ||
        try_accounts(&attempt, asked->realm, (struct bytes){0}, (struct bytes){0}, &has_account))
        ticket_read(attempt.plain, arena, inside);
    if (!inside->has_session)
        inside->has_session = ticket_recall(keys, asked->ticket.data, &inside->session);
    if (inside->has_session &&
        krb5_decrypt(&inside->session, asked->usage, authenticator, attempt.room, &attempt.plain))
        authenticator_read(attempt.plain, arena, inside);
    crypt_wipe(attempt.room, length);
    wire_room_back(keys, length);
    return inside->has_session;
}

enum wire_verdict krb5_as_open(struct wire_keys *keys, struct bytes realm, struct bytes client,
                               struct bytes salt, const struct krb5_cipher *part,
                               struct bytes ticket)
{
    struct attempt attempt = {.keys = keys,
                              .cipher = part,
                              .usage = KRB5_USAGE_AS_REP,
                              .room = wire_room_take(keys, part->data.length)};
    struct wire_key session = {.length = 0};
    bool has_account = false;
    if (!attempt.room)
        return WIRE_KEY_NONE;
    const bool is_open =
        client.length &&
        (try_keytab(&attempt, client) || try_accounts(&attempt, realm, client, salt, &has_account));
    if (is_open && part_key(attempt.plain, ENC_AS_REP, ENC_TGS_REP, 0, &session))
        ticket_learn(keys, ticket, &session);
    crypt_wipe(&session, sizeof(session));
    crypt_wipe(attempt.room, part->data.length);
    wire_room_back(keys, part->data.length);
    return is_open ? WIRE_KEY_RIGHT : has_account ? WIRE_KEY_WRONG : WIRE_KEY_NONE;
}

/* Opens with a key and takes another key out of it. */
static bool key_in_part(struct wire_keys *keys, const struct wire_key *key, unsigned usage,
                        const struct krb5_cipher *part, const unsigned tags[3],
                        struct wire_key *found)
{
    struct bytes plain;
    uint8_t *room = key->length ? wire_room_take(keys, part->data.length) : NULL;
    if (!room)
        return false;
    const bool is_there = krb5_decrypt(key, usage, part->data, room, &plain) &&
                          part_key(plain, tags[0], tags[1], tags[2], found);
    crypt_wipe(room, part->data.length);
    wire_room_back(keys, part->data.length);
    return is_there;
}

/* The armor of a TGS exchange is made of the subkey and the session key (RFC 6113 5.4.1.1); the
 * reply's key of the one that comes in it. */
static bool fast_open(struct wire_keys *keys, const struct krb5_inside *inside,
                      const struct krb5_cipher *fast, struct wire_key *reply)
{
    static const unsigned tags[] = {DER_SEQUENCE, DER_SEQUENCE, 1}; /* KrbFastResponse (5.4.3) */
    struct wire_key armor, strengthen;
    const bool is_open =
        krb5_cf2(&inside->subkey, "subkeyarmor", &inside->session, "ticketarmor", &armor) &&
        key_in_part(keys, &armor, KRB5_USAGE_FAST_REP, fast, tags, &strengthen) &&
        krb5_cf2(&strengthen, "strengthenkey", &inside->subkey, "replykey", reply);
    crypt_wipe(&armor, sizeof(armor));
    crypt_wipe(&strengthen, sizeof(strengthen));
    return is_open;
}

bool krb5_tgs_open(struct wire_keys *keys, const struct krb5_inside *inside,
                   const struct krb5_cipher *fast, const struct krb5_cipher *part,
                   struct bytes ticket)
{
    static const unsigned tags[] = {ENC_AS_REP, ENC_TGS_REP, 0};
    struct wire_key session, subkey = inside->subkey;
    if (fast->data.length && subkey.length)
        (void)fast_open(keys, inside, fast, &subkey);
    const bool is_open =
        key_in_part(keys, &subkey, KRB5_USAGE_TGS_REP_SUBKEY, part, tags, &session) ||
        key_in_part(keys, &inside->session, KRB5_USAGE_TGS_REP_SESSION, part, tags, &session);
    if (is_open)
        ticket_learn(keys, ticket, &session);
    crypt_wipe(&session, sizeof(session));
    crypt_wipe(&subkey, sizeof(subkey));
    return is_open;
}

bool krb5_ap_rep_open(struct wire_keys *keys, const struct wire_key *session,
                      const struct krb5_cipher *part, struct wire_key *subkey)
{
    static const unsigned tags[] = {ENC_AP_REP, ENC_AP_REP, 2};
    return key_in_part(keys, session, KRB5_USAGE_AP_REP, part, tags, subkey);
}
