/* Kerberos' seals. A message is wrapped with its token in front (SASL), or the token stands behind
 * it and the message where it was (DCE/RPC).
 *
 * RFC 4121 4.2.6.2 (AES)            RFC 4757 7.3 (RC4), behind 60, length, the mechanism
 *    0  2  05 04                        0  2  02 01
 *    2  1  flags: 2 is sealed           2  2  SGN_ALG 11 00
 *    4  2  EC, bytes of filling         4  2  SEAL_ALG 10 00, FF FF: signed only
 *    6  2  RRC, bytes turned right      8  8  SND_SEQ, encrypted
 *    8  8  sequence number             16  8  checksum
 *   16     cipher                      24  8  confounder, encrypted
 *
 * The cipher of AES is of a confounder, the message, the filling and the header again, then 12
 * bytes of HMAC, all turned right by RRC; by EC too, when Windows' DCE style fills. */
#include "readers/capture/auth/der.h"
#include "readers/capture/keys/krb5_crypt.h"
#include "readers/capture/keys/seal_parts.h"

#define CFX_HEADER 16U
#define CFX_SEALED 2U
#define CFX_TAG    12U
#define CONFOUNDER 16U
#define RC4_BODY   32U

struct cfx {
    bool is_sealed;
    size_t filling, turned;
};

static unsigned usage_of(enum wire_side side)
{
    return side == WIRE_CLIENT ? KRB5_USAGE_INITIATOR_SEAL : KRB5_USAGE_ACCEPTOR_SEAL;
}

static bool cfx_read(struct bytes token, struct cfx *cfx)
{
    if (token.length < CFX_HEADER || token.data[0] != 5 || token.data[1] != 4)
        return false;
    cfx->is_sealed = token.data[2] & CFX_SEALED;
    cfx->filling = load_be16(token.data + 4);
    cfx->turned = load_be16(token.data + 6);
    return true;
}

/* Two pieces, one behind the other, turned left. */
static void turn_back(uint8_t *to, struct bytes one, struct bytes other, size_t count)
{
    const size_t length = one.length + other.length;
    for (size_t i = 0; i < length; i++) {
        const size_t from = (i + count) % length;
        to[i] = from < one.length ? one.data[from] : other.data[from - one.length];
    }
}

/* Whichever of the secret's keys it is: the first message tells. */
static unsigned keys_first(const struct wire_seal *seal)
{
    return seal->is_key_known ? seal->key : 0;
}

static unsigned keys_end(const struct wire_seal *seal)
{
    return seal->is_key_known ? seal->key + 1 : seal->secret->count;
}

static void key_found(struct wire_seal *seal, unsigned key)
{
    seal->key = key;
    seal->is_key_known = true;
}

/* --- AES --- */

/* What a message was turned by, and what is signed around it, depends on who speaks. */
static bool cfx_open(struct wire_seal *seal, enum wire_side side, struct bytes cipher,
                     const struct krb5_around *around, uint8_t *room, struct bytes *plain)
{
    for (unsigned i = keys_first(seal); i < keys_end(seal); i++) {
        if (seal->secret->keys[i].etype == KRB5_RC4)
            continue;
        if (krb5_decrypt_around(&seal->secret->keys[i], usage_of(side), cipher, around, room,
                                plain)) {
            key_found(seal, i);
            return true;
        }
    }
    return false;
}

static bool cfx_rpc(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed,
                    const struct cfx *cfx, uint8_t *room)
{
    const struct bytes inner =
        bytes_of(sealed->token.data + CFX_HEADER, sealed->token.length - CFX_HEADER);
    const struct bytes stub = bytes_of(sealed->message + sealed->from, sealed->length);
    const size_t length = inner.length + stub.length, end = sealed->from + sealed->length;
    const struct krb5_around around[] = {
        {.middle = sealed->length},
        {.before = bytes_of(sealed->message, sealed->from),
         .behind = bytes_of(sealed->message + end, sealed->whole - end),
         .middle = sealed->length},
    };
    const size_t turns[] = {cfx->turned + cfx->filling, cfx->turned};
    struct bytes plain;
    for (unsigned i = 0; length && i < 4; i++) {
        turn_back(room, inner, stub, turns[i / 2] % length);
        if (!cfx_open(seal, side, bytes_of(room, length), &around[i % 2], room + length, &plain))
            continue;
        memcpy(sealed->message + sealed->from, plain.data, sealed->length);
        return true;
    }
    return false;
}

/* --- RC4 --- */

/* The body of a token of RFC 4757: NULL when it is none. */
static const uint8_t *rc4_body(struct bytes *token)
{
    static const uint8_t krb5[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2};
    struct cursor at = cursor_over(*token, 0), oid;
    const uint8_t *tag = cursor_take(&at, 2);
    if (!tag || tag[0] != DER_APPLICATION(0))
        return NULL;
    /* The length counts the message too where that stands elsewhere, so it is passed over. */
    if (tag[1] & 0x80 && !cursor_take(&at, tag[1] & 0x7FU))
        return NULL;
    if (!der_take(&at, DER_OID, &oid) || !bytes_equal(der_bytes(&oid), bytes_of(krb5, 9)))
        return NULL;
    *token = bytes_of(at.at, cursor_left(&at));
    return token->length >= RC4_BODY && token->data[0] == 2 && token->data[1] == 1 ? token->data
                                                                                   : NULL;
}

/* HMAC of four zeros under the key, then of `text` under that. */
static bool rc4_derive(const uint8_t key[16], struct bytes text, uint8_t to[CRYPT_HASH_MAX])
{
    static const uint8_t zero[4];
    const struct bytes salt = bytes_of(zero, 4);
    uint8_t middle[CRYPT_HASH_MAX];
    const bool is_good = crypt_hmac(CRYPT_MD5, bytes_of(key, 16), &salt, 1, middle) &&
                         crypt_hmac(CRYPT_MD5, bytes_of(middle, 16), &text, 1, to);
    crypt_wipe(middle, sizeof(middle));
    return is_good;
}

/* The number ends in 00 four times from who has begun, in FF four times from the other: that the
 * key is right. */
static bool rc4_number(const struct wire_key *key, enum wire_side side, const uint8_t *body,
                       uint8_t number[8])
{
    static const uint8_t ends[2][4] = {{0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}};
    uint8_t made[CRYPT_HASH_MAX];
    struct crypt_rc4 rc4;
    if (key->etype != KRB5_RC4 || !rc4_derive(key->data, bytes_of(body + 16, 8), made))
        return false;
    crypt_rc4_init(&rc4, bytes_of(made, 16));
    crypt_rc4(&rc4, body + 8, number, 8);
    crypt_wipe(made, sizeof(made));
    crypt_wipe(&rc4, sizeof(rc4));
    return memcmp(number + 4, ends[side], 4) == 0;
}

static bool rc4_text(const struct wire_key *key, const uint8_t number[8], uint8_t *text,
                     size_t length)
{
    uint8_t local[16], made[CRYPT_HASH_MAX], confounder[8] = {0};
    struct crypt_rc4 rc4;
    for (unsigned i = 0; i < 16; i++)
        local[i] = key->data[i] ^ 0xF0;
    const bool is_good = rc4_derive(local, bytes_of(number, 4), made);
    crypt_rc4_init(&rc4, bytes_of(made, 16));
    crypt_rc4(&rc4, confounder, confounder, sizeof(confounder));
    if (is_good)
        crypt_rc4(&rc4, text, text, length);
    crypt_wipe(local, sizeof(local));
    crypt_wipe(made, sizeof(made));
    crypt_wipe(&rc4, sizeof(rc4));
    return is_good;
}

static bool rc4_open(struct wire_seal *seal, enum wire_side side, const uint8_t *body,
                     uint8_t *text, size_t length)
{
    uint8_t number[8];
    for (unsigned i = keys_first(seal); i < keys_end(seal); i++) {
        const struct wire_key *key = &seal->secret->keys[i];
        if (!rc4_number(key, side, body, number))
            continue;
        key_found(seal, i);
        return load_le16(body + 4) == 0xFFFF || rc4_text(key, number, text, length);
    }
    return false;
}

/* --- Both --- */

bool seal_krb5_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed)
{
    struct cfx cfx;
    struct bytes token = sealed->token;
    const uint8_t *body = rc4_body(&token);
    if (body)
        return rc4_open(seal, side, body, sealed->message + sealed->from, sealed->length);
    if (!cfx_read(token, &cfx) || !cfx.is_sealed)
        return false;
    const size_t length = 2 * (token.length + sealed->length);
    uint8_t *room = wire_room_take(seal->keys, length);
    if (!room)
        return false;
    const bool is_open = cfx_rpc(seal, side, sealed, &cfx, room);
    wire_room_back(seal->keys, length);
    return is_open;
}

static bool cfx_unwrap(struct wire_seal *seal, enum wire_side side, struct bytes token,
                       const struct cfx *cfx, uint8_t *wrapped, struct bytes *plain)
{
    static const struct krb5_around nothing;
    const struct bytes inner = bytes_of(token.data + CFX_HEADER, token.length - CFX_HEADER);
    const size_t tail = cfx->filling + (cfx->is_sealed ? CFX_HEADER : 0);
    const size_t length = 2 * inner.length;
    uint8_t *room = inner.length ? wire_room_take(seal->keys, length) : NULL;
    if (!room)
        return false;
    struct bytes found = bytes_of(room, inner.length);
    turn_back(room, inner, bytes_of(inner.data, 0), cfx->turned % inner.length);
    bool is_open =
        !cfx->is_sealed || cfx_open(seal, side, found, &nothing, room + inner.length, &found);
    is_open = is_open && found.length >= tail;
    if (is_open) {
        memcpy(wrapped, found.data, found.length - tail);
        *plain = bytes_of(wrapped, found.length - tail);
    }
    wire_room_back(seal->keys, length);
    return is_open;
}

bool seal_krb5_unwrap(struct wire_seal *seal, enum wire_side side, uint8_t *wrapped, size_t length,
                      struct bytes *plain)
{
    struct cfx cfx;
    struct bytes token = bytes_of(wrapped, length);
    const uint8_t *body = rc4_body(&token);
    if (body) {
        const size_t text = token.length - RC4_BODY;
        uint8_t *at = wrapped + (length - text);
        if (!rc4_open(seal, side, body, at, text))
            return false;
        /* One byte of filling, which is 1. */
        *plain = bytes_of(at, text ? text - 1 : 0);
        return true;
    }
    return cfx_read(token, &cfx) && cfx_unwrap(seal, side, token, &cfx, wrapped, plain);
}
