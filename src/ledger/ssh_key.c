#include "ledger/ssh_key.h"

#define RSA_BYTES_MIN 128U  /* what OpenSSH takes: 1024 bits */
#define RSA_BYTES_MAX 2048U /* 16384 bits */
#define EXPONENT_MAX  8U    /* bytes; keeps the work small */
#define WHOLE_MAX     512U  /* of what a security key signs */

enum family { FAMILY_ED25519, FAMILY_ECDSA, FAMILY_RSA, FAMILY_NONE };

/* blob of a key           name, then
 *   ed25519               point (32 bytes)
 *   ecdsa                 name of the curve, point (04, x, y)
 *   rsa                   exponent, modulus (mpint)
 *   security keys         as above, then the application
 */
struct ssh_kind {
    const char *name;
    enum family family;
    enum crypt_curve curve;
    const char *curve_name;
    size_t point_length;
    bool is_security_key;
};

static const struct ssh_kind kinds[] = {
    {"ssh-ed25519", FAMILY_ED25519, 0, NULL, 32, false},
    {"sk-ssh-ed25519@openssh.com", FAMILY_ED25519, 0, NULL, 32, true},
    {"ecdsa-sha2-nistp256", FAMILY_ECDSA, CRYPT_P256, "nistp256", 65, false},
    {"ecdsa-sha2-nistp384", FAMILY_ECDSA, CRYPT_P384, "nistp384", 97, false},
    {"ecdsa-sha2-nistp521", FAMILY_ECDSA, CRYPT_P521, "nistp521", 133, false},
    {"sk-ecdsa-sha2-nistp256@openssh.com", FAMILY_ECDSA, CRYPT_P256, "nistp256", 65, true},
    {"ssh-rsa", FAMILY_RSA, 0, NULL, 0, false},
    {"ssh-dss", FAMILY_NONE, 0, NULL, 0, false},
};

static const struct ssh_kind *kind_find(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (bytes_equal(bytes_of_text(kinds[i].name), name))
            return &kinds[i];
    return NULL;
}

static bool is_certificate(struct bytes name)
{
    const struct bytes end = bytes_of_text("-cert-v01@openssh.com");
    return name.length > end.length &&
           bytes_equal(bytes_of(name.data + name.length - end.length, end.length), end);
}

enum ssh_known ssh_kind_known(struct bytes name)
{
    const struct ssh_kind *kind = kind_find(name);
    if (kind)
        return kind->family == FAMILY_NONE ? SSH_REFUSED : SSH_USED;
    return is_certificate(name) ? SSH_REFUSED : SSH_UNKNOWN;
}

bool ssh_string_take(struct cursor *cursor, struct bytes *string)
{
    struct cursor ahead = *cursor;
    const uint8_t *length = cursor_take(&ahead, 4);
    const uint8_t *data = length ? cursor_take(&ahead, load_be32(length)) : NULL;
    if (!data)
        return false;
    *string = bytes_of(data, load_be32(length));
    *cursor = ahead;
    return true;
}

/* RFC 4251 5: no needless zeros in front, and here never negative; zeros are taken away. */
static bool number_take(struct cursor *cursor, struct bytes *number)
{
    struct bytes read;
    if (!ssh_string_take(cursor, &read) || read.length == 0 || read.data[0] & 0x80)
        return false;
    if (read.data[0] == 0 && (read.length == 1 || !(read.data[1] & 0x80)))
        return false;
    const size_t skipped = read.data[0] == 0;
    *number = bytes_of(read.data + skipped, read.length - skipped);
    return true;
}

static bool rsa_take(struct cursor *cursor, struct crypt_rsa_key *key)
{
    return number_take(cursor, &key->exponent) && number_take(cursor, &key->modulus) &&
           key->exponent.length <= EXPONENT_MAX && key->modulus.length >= RSA_BYTES_MIN &&
           key->modulus.length <= RSA_BYTES_MAX;
}

static bool point_take(struct cursor *cursor, const struct ssh_kind *kind, struct bytes *point)
{
    struct bytes curve;
    if (kind->curve_name &&
        (!ssh_string_take(cursor, &curve) || !bytes_equal(curve, bytes_of_text(kind->curve_name))))
        return false;
    return ssh_string_take(cursor, point) && point->length == kind->point_length &&
           (kind->family != FAMILY_ECDSA || point->data[0] == 4);
}

enum status ssh_key_read(struct bytes blob, struct ssh_key *key, struct fault *fault)
{
    struct cursor cursor = cursor_over(blob, 0);
    struct ssh_key read = {.blob = blob};
    struct bytes name;
    if (!ssh_string_take(&cursor, &name))
        return fault_set(fault, STATUS_INVALID, 0, "no SSH public key");
    read.kind = kind_find(name);
    if (is_certificate(name))
        return fault_set(fault, STATUS_REFUSED, 0, "a certificate, which is not supported");
    if (!read.kind || read.kind->family == FAMILY_NONE)
        return fault_set(fault, STATUS_REFUSED, 0, "a key of a kind that is not supported");
    const bool is_good = read.kind->family == FAMILY_RSA
                             ? rsa_take(&cursor, &read.rsa)
                             : point_take(&cursor, read.kind, &read.point);
    if (!is_good || (read.kind->is_security_key && !ssh_string_take(&cursor, &read.application)) ||
        cursor_left(&cursor))
        return fault_set(fault, STATUS_INVALID, 0, "no whole key of the kind %s", read.kind->name);
    *key = read;
    return STATUS_OK;
}

const char *ssh_key_name(const struct ssh_key *key)
{
    return key->kind->name;
}

bool ssh_fingerprint_write(char to[SSH_FINGERPRINT_BOUND], struct bytes blob)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[CRYPT_HASH_MAX + 1] = {0};
    if (!crypt_digest(CRYPT_SHA256, &blob, 1, digest))
        return false;
    const struct bytes name = bytes_of_text("SHA256:");
    memcpy(to, name.data, name.length);
    char *at = to + name.length;
    for (unsigned bit = 0; bit < 256; bit += 6) {
        const unsigned pair =
            (unsigned)digest[bit / 8] << 8 | (bit < 248 ? digest[bit / 8 + 1] : 0);
        *at++ = letters[pair >> (10 - bit % 8) & 63];
    }
    *at = '\0';
    return true;
}

/* --- Signatures --- */

static bool ecdsa_holds(const struct ssh_key *key, struct bytes message, struct bytes signature)
{
    struct cursor cursor = cursor_over(signature, 0);
    struct crypt_ecdsa_signature pair;
    return number_take(&cursor, &pair.r) && number_take(&cursor, &pair.s) &&
           cursor_left(&cursor) == 0 &&
           crypt_ecdsa_holds(key->kind->curve, key->point, message, &pair);
}

static bool curve_holds(const struct ssh_key *key, struct bytes message, struct bytes signature)
{
    if (key->kind->family == FAMILY_ECDSA)
        return ecdsa_holds(key, message, signature);
    return signature.length == 64 && crypt_ed25519_holds(key->point, message, signature);
}

/* PROTOCOL.u2f: what is signed is SHA-256 of the application, the flags, the counter (`tail`) and
 * SHA-256 of the message. */
static bool security_key_holds(const struct ssh_key *key, struct bytes message,
                               struct bytes signature, struct bytes tail)
{
    uint8_t whole[WHOLE_MAX];
    if (!crypt_digest(CRYPT_SHA256, &key->application, 1, whole))
        return false;
    memcpy(whole + 32, tail.data, tail.length);
    return crypt_digest(CRYPT_SHA256, &message, 1, whole + 32 + tail.length) &&
           curve_holds(key, bytes_of(whole, 64 + tail.length), signature);
}

static bool rsa_holds(const struct ssh_key *key, struct bytes name, struct bytes message,
                      struct bytes signature)
{
    if (bytes_equal(name, bytes_of_text("rsa-sha2-512")))
        return crypt_rsa_holds(&key->rsa, CRYPT_SHA512, message, signature);
    return bytes_equal(name, bytes_of_text("rsa-sha2-256")) &&
           crypt_rsa_holds(&key->rsa, CRYPT_SHA256, message, signature);
}

bool ssh_key_has_signed(const struct ssh_key *key, struct bytes message, struct bytes signature)
{
    struct cursor cursor = cursor_over(signature, 0);
    struct bytes name, value;
    if (!ssh_string_take(&cursor, &name) || !ssh_string_take(&cursor, &value))
        return false;
    const size_t tail_length = key->kind->is_security_key ? 5 : 0; /* flags, counter */
    const uint8_t *tail = cursor_take(&cursor, tail_length);
    if (!tail || cursor_left(&cursor))
        return false;
    if (key->kind->family == FAMILY_RSA)
        return rsa_holds(key, name, message, value);
    if (!bytes_equal(name, bytes_of_text(key->kind->name)))
        return false;
    return tail_length ? security_key_holds(key, message, value, bytes_of(tail, tail_length))
                       : curve_holds(key, message, value);
}
