#include "readers/capture/http/mime.h"

#include "base/attributes.h"
#include "base/utf.h"

#include <strings.h>

struct magic {
    const char *bytes;
    uint8_t length;
    const char *type;
};

#define MAGIC(bytes, type)             \
    {                                  \
        bytes, sizeof(bytes) - 1, type \
    }

static const struct magic magics[] = {
    MAGIC("MZ", "application/x-dosexec"),
    MAGIC("\x7F"
          "ELF",
          "application/x-executable"),
    MAGIC("PK\x03\x04", "application/zip"),
    MAGIC("PK\x05\x06", "application/zip"),
    MAGIC("\x1F\x8B", "application/x-gzip"),
    MAGIC("BZh", "application/x-bzip2"),
    MAGIC("\xFD"
          "7zXZ",
          "application/x-xz"),
    MAGIC("7z\xBC\xAF\x27\x1C", "application/x-7z-compressed"),
    MAGIC("Rar!\x1A\x07", "application/x-rar"),
    MAGIC("MSCF", "application/vnd.ms-cab-compressed"),
    MAGIC("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/msword"),
    MAGIC("%PDF-", "application/pdf"),
    MAGIC("{\\rtf", "text/rtf"),
    MAGIC("\x89PNG", "image/png"),
    MAGIC("GIF8", "image/gif"),
    MAGIC("\xFF\xD8\xFF", "image/jpeg"),
    MAGIC("\0\0\1\0", "image/x-icon"),
    MAGIC("L\0\0\0\1\x14\2\0", "application/x-ms-shortcut"),
    MAGIC("\xCA\xFE\xBA\xBE", "application/x-java-applet"),
    MAGIC("\xCF\xFA\xED\xFE", "application/x-mach-o-executable"),
    MAGIC("CWS", "application/x-shockwave-flash"),
    MAGIC("FWS", "application/x-shockwave-flash"),
    MAGIC("ElfFile\0", "application/x-ms-evtx"),
    MAGIC("regf", "application/x-ms-registry"),
    MAGIC("#!/bin/sh", "text/x-shellscript"),
    MAGIC("#!/bin/bash", "text/x-shellscript"),
    MAGIC("<?xml", "application/xml"),
};

/* Words with which HTML begins, in any case. */
static const char *const html[] = {"<!doctype html", "<html",  "<head",
                                   "<body",          "<title", "<script"};

static bool begins(struct bytes bytes, const char *word)
{
    const size_t length = strlen(word);
    return bytes.length >= length && strncasecmp((const char *)bytes.data, word, length) == 0;
}

static struct bytes behind_space(struct bytes bytes)
{
    if (bytes.length >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0)
        bytes = bytes_of(bytes.data + 3, bytes.length - 3);
    while (bytes.length && strchr(" \t\r\n", bytes.data[0]) && bytes.data[0])
        bytes = bytes_of(bytes.data + 1, bytes.length - 1);
    return bytes;
}

bool mime_is_text(struct bytes *start)
{
    size_t at = 0;
    while (at < start->length) {
        uint32_t character;
        const size_t left = start->length - at;
        const unsigned length = utf8_decode(start->data + at, left, &character);
        if (length == 0) {
            if (left >= 4)
                return false;
            break;
        }
        if ((character < 0x20 && !strchr("\t\r\n", (int)character)) || character == 0 ||
            character == 0x7F)
            return false;
        at += length;
    }
    start->length = at;
    return at > 0;
}

const char *mime_of(struct bytes start)
{
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (start.length >= magics[i].length &&
            memcmp(start.data, magics[i].bytes, magics[i].length) == 0)
            return magics[i].type;
    if (!mime_is_text(&start))
        return NULL;
    const struct bytes text = behind_space(start);
    for (size_t i = 0; i < COUNT_OF(html); i++)
        if (begins(text, html[i]))
            return "text/html";
    if (begins(text, "<?xml"))
        return "application/xml";
    if (text.length && (text.data[0] == '{' || text.data[0] == '['))
        return "text/json";
    return "text/plain";
}
