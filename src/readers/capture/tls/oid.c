#include "readers/capture/tls/oid.h"

#include "base/attributes.h"

struct oid {
    struct bytes bytes;
    const char *name;
    uint32_t extra;
};

#define OID(text, name, extra)                                   \
    {                                                            \
        {(const uint8_t *)(text), sizeof(text) - 1}, name, extra \
    }

/* 2.5.4.n, 1.2.840.113549.1.9.1, 0.9.2342.19200300.100.1.n, 1.3.6.1.4.1.311.60.2.1.n */
static const struct oid attributes[] = {
    OID("\x55\x04\x03", "CN", 0),
    OID("\x55\x04\x04", "SN", 0),
    OID("\x55\x04\x05", "serialNumber", 0),
    OID("\x55\x04\x06", "C", 0),
    OID("\x55\x04\x07", "L", 0),
    OID("\x55\x04\x08", "ST", 0),
    OID("\x55\x04\x09", "street", 0),
    OID("\x55\x04\x0A", "O", 0),
    OID("\x55\x04\x0B", "OU", 0),
    OID("\x55\x04\x0C", "title", 0),
    OID("\x55\x04\x0D", "description", 0),
    OID("\x55\x04\x0F", "businessCategory", 0),
    OID("\x55\x04\x11", "postalCode", 0),
    OID("\x55\x04\x2A", "GN", 0),
    OID("\x55\x04\x2B", "initials", 0),
    OID("\x55\x04\x2E", "dnQualifier", 0),
    OID("\x55\x04\x61", "organizationIdentifier", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", "emailAddress", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x02", "unstructuredName", 0),
    OID("\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x01", "UID", 0),
    OID("\x09\x92\x26\x89\x93\xF2\x2C\x64\x01\x19", "DC", 0),
    OID("\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x01", "jurisdictionL", 0),
    OID("\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x02", "jurisdictionST", 0),
    OID("\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01\x03", "jurisdictionC", 0),
};

/* PKCS #1 (RFC 8017), ANSI X9.62, DSA, EdDSA (RFC 8410) */
static const struct oid algorithms[] = {
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01", "rsaEncryption", OID_KEY_RSA),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x02", "md2WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04", "md5WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05", "sha1WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A", "rsassaPss", OID_KEY_RSA),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B", "sha256WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C", "sha384WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D", "sha512WithRSAEncryption", 0),
    OID("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0E", "sha224WithRSAEncryption", 0),
    OID("\x2A\x86\x48\xCE\x38\x04\x01", "dsaEncryption", OID_KEY_DSA),
    OID("\x2A\x86\x48\xCE\x38\x04\x03", "dsaWithSHA1", 0),
    OID("\x60\x86\x48\x01\x65\x03\x04\x03\x02", "dsa_with_SHA256", 0),
    OID("\x2A\x86\x48\xCE\x3D\x02\x01", "id-ecPublicKey", OID_KEY_CURVE),
    OID("\x2A\x86\x48\xCE\x3D\x04\x01", "ecdsa-with-SHA1", 0),
    OID("\x2A\x86\x48\xCE\x3D\x04\x03\x01", "ecdsa-with-SHA224", 0),
    OID("\x2A\x86\x48\xCE\x3D\x04\x03\x02", "ecdsa-with-SHA256", 0),
    OID("\x2A\x86\x48\xCE\x3D\x04\x03\x03", "ecdsa-with-SHA384", 0),
    OID("\x2A\x86\x48\xCE\x3D\x04\x03\x04", "ecdsa-with-SHA512", 0),
    OID("\x2B\x0E\x03\x02\x1D", "sha1WithRSA", 0),
    OID("\x2B\x65\x6E", "X25519", 0),
    OID("\x2B\x65\x70", "ED25519", 0),
    OID("\x2B\x65\x71", "ED448", 0),
};

/* Named curves (RFC 5480 2.1.1.1, RFC 5639) and the bits of their order. */
static const struct oid curves[] = {
    OID("\x2A\x86\x48\xCE\x3D\x03\x01\x01", "prime192v1", 192),
    OID("\x2A\x86\x48\xCE\x3D\x03\x01\x07", "prime256v1", 256),
    OID("\x2B\x81\x04\x00\x0A", "secp256k1", 256),
    OID("\x2B\x81\x04\x00\x21", "secp224r1", 224),
    OID("\x2B\x81\x04\x00\x22", "secp384r1", 384),
    OID("\x2B\x81\x04\x00\x23", "secp521r1", 521),
    OID("\x2B\x24\x03\x03\x02\x08\x01\x01\x07", "brainpoolP256r1", 256),
    OID("\x2B\x24\x03\x03\x02\x08\x01\x01\x0B", "brainpoolP384r1", 384),
    OID("\x2B\x24\x03\x03\x02\x08\x01\x01\x0D", "brainpoolP512r1", 512),
};

static const struct oid *find(const struct oid *rows, size_t count, struct bytes oid)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(rows[i].bytes, oid))
            return &rows[i];
    return NULL;
}

const char *oid_attribute_name(struct bytes oid)
{
    const struct oid *row = find(attributes, COUNT_OF(attributes), oid);
    return row ? row->name : NULL;
}

const char *oid_algorithm_name(struct bytes oid)
{
    const struct oid *row = find(algorithms, COUNT_OF(algorithms), oid);
    return row ? row->name : NULL;
}

enum oid_key oid_key_kind(struct bytes oid)
{
    const struct oid *row = find(algorithms, COUNT_OF(algorithms), oid);
    return row ? (enum oid_key)row->extra : OID_KEY_OTHER;
}

const char *oid_curve_name(struct bytes oid, unsigned *bits)
{
    const struct oid *row = find(curves, COUNT_OF(curves), oid);
    if (row)
        *bits = row->extra;
    return row ? row->name : NULL;
}

/* X.690 8.19: 7 bits a byte; the first two arcs are one number. */
void oid_add(struct buffer *to, struct bytes oid, const char *name)
{
    if (name) {
        buffer_text(to, name);
        return;
    }
    uint64_t arc = 0;
    bool is_first = true;
    for (size_t i = 0; i < oid.length; i++) {
        arc = arc << 7 | (oid.data[i] & 0x7F);
        if (oid.data[i] & 0x80)
            continue;
        if (is_first) {
            const uint64_t top = arc < 80 ? arc / 40 : 2;
            buffer_format(to, "%llu.%llu", (unsigned long long)top,
                          (unsigned long long)(arc - top * 40));
        } else {
            buffer_format(to, ".%llu", (unsigned long long)arc);
        }
        is_first = false;
        arc = 0;
    }
}
