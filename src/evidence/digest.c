#include "evidence/digest.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

struct digest {
    EVP_MD_CTX *sha256; /* one of the two */
    XXH3_state_t *xxh3;
    char text[EVIDENCE_HASH_BOUND]; /* the end of it */
};

struct digest *digest_new(enum evidence_hash kind)
{
    assert(kind != EVIDENCE_HASH_NONE);
    struct digest *digest = calloc(1, sizeof(*digest));
    if (!digest)
        return NULL;
    bool is_ready;
    if (kind == EVIDENCE_HASH_SHA256) {
        /* Without this libcrypto reads a configuration file, which the sandbox denies. */
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
        digest->sha256 = EVP_MD_CTX_new();
        is_ready = digest->sha256 && EVP_DigestInit_ex(digest->sha256, EVP_sha256(), NULL) == 1;
    } else {
        digest->xxh3 = XXH3_createState();
        is_ready = digest->xxh3 && XXH3_64bits_reset(digest->xxh3) == XXH_OK;
    }
    if (!is_ready) {
        digest_free(digest);
        return NULL;
    }
    return digest;
}

void digest_free(struct digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->sha256);
    XXH3_freeState(digest->xxh3);
    free(digest);
}

bool digest_add(struct digest *digest, struct bytes bytes)
{
    if (bytes.length == 0)
        return true;
    if (digest->sha256)
        return EVP_DigestUpdate(digest->sha256, bytes.data, bytes.length) == 1;
    return XXH3_64bits_update(digest->xxh3, bytes.data, bytes.length) == XXH_OK;
}

static bool end(struct digest *digest)
{
    if (!digest->sha256) {
        snprintf(digest->text, sizeof(digest->text), "%016llx",
                 (unsigned long long)XXH3_64bits_digest(digest->xxh3));
        return true;
    }
    uint8_t raw[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(digest->sha256, raw, &length) != 1)
        return false;
    assert(length <= sizeof(digest->text) / 2);
    for (unsigned i = 0; i < length; i++)
        snprintf(digest->text + 2 * (size_t)i, 3, "%02x", raw[i]);
    return true;
}

bool digest_write(struct digest *digest, char hash[EVIDENCE_HASH_BOUND])
{
    if (digest->text[0] == '\0' && !end(digest))
        return false;
    memcpy(hash, digest->text, sizeof(digest->text));
    return true;
}
