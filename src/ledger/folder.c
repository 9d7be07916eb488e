/* A folder of signed files. What is wrong with one of them is a remark, and nothing else changes:
 * who can put a file into the folder must not be able to take another one out. So two files of one
 * id speak against each other only when both are signed. */
#include "crypt/crypt.h"
#include "ledger/file.h"
#include "ledger/signers.h"
#include "ledger/sshsig.h"
#include "ledger/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define NAMESPACE     "impound-engagement"
#define LEDGER_MAX    ((size_t)512 << 20)
#define SIGNERS_BYTES ((size_t)4 << 20)
#define PATH_BOUND    4096

/* One file while the folder is read. */
struct member {
    const char *path;
    struct document document;
    uint8_t digest[CRYPT_HASH_MAX];
    const char *doubt; /* why its signature does not count; NULL: it does */
};

struct reading {
    struct ledger *ledger;
    struct arena scratch; /* one file's bytes */
    struct signers signers;
    const char *signers_path; /* NULL: none was given */
    struct member *members;
    uint32_t count;
    bool failed; /* no memory */
};

/* --- Remarks --- */

static void remark(struct reading *reading, enum ledger_trouble trouble, const char *path,
                   uint32_t line, const char *reason)
{
    struct ledger *ledger = reading->ledger;
    if (ledger->remark_count == ledger->remark_room) {
        const uint32_t room = ledger->remark_room ? ledger->remark_room * 2 : 16;
        struct ledger_remark *remarks = arena_take_array(&ledger->arena, room, sizeof(*remarks));
        if (remarks && ledger->remark_count)
            memcpy(remarks, ledger->remarks, ledger->remark_count * sizeof(*remarks));
        reading->failed |= !remarks;
        if (!remarks)
            return;
        ledger->remarks = remarks;
        ledger->remark_room = room;
    }
    const char *kept = arena_keep_text(&ledger->arena, bytes_of_text(reason));
    reading->failed |= !kept;
    if (kept)
        ledger->remarks[ledger->remark_count++] = (struct ledger_remark){trouble, path, line, kept};
}

static void signers_tell(void *context, enum ledger_trouble trouble, uint32_t line,
                         const char *reason)
{
    struct reading *reading = context;
    remark(reading, trouble, reading->signers_path, line, reason);
}

/* --- The allowed signers --- */

static void signers_take(struct reading *reading, const char *path)
{
    struct bytes text;
    struct fault fault;
    const struct signers_listener listener = {signers_tell, reading};
    reading->signers_path =
        path ? arena_keep_text(&reading->ledger->arena, bytes_of_text(path)) : NULL;
    reading->failed |= path && !reading->signers_path;
    if (!reading->signers_path)
        return;
    arena_reset(&reading->scratch);
    const char *wrong = ledger_file_take(path, SIGNERS_BYTES, &reading->scratch, &text);
    if (wrong)
        remark(reading, LEDGER_INVALID, reading->signers_path, 0, wrong);
    else if (signers_read(text, &reading->ledger->arena, &listener, &reading->signers, &fault))
        reading->failed = true;
}

/* --- One file --- */

/* The moments at which whoever signed it must have been allowed to. */
static void span_of(const struct document *document, struct signing *signing)
{
    const struct engagement *engagement = &document->engagement;
    signing->first.seconds = signing->last.seconds = INSTANT_NONE;
    if (document->kind == LEDGER_REVOCATION)
        signing->first = signing->last = document->revocation.from;
    if (document->kind != LEDGER_ENGAGEMENT || !engagement->window_count)
        return;
    signing->first = engagement->windows[0].from;
    signing->last = engagement->windows[engagement->window_count - 1].to;
}

static const char *namespace_doubt(struct reading *reading, struct bytes name_space)
{
    char text[160];
    if (bytes_equal(name_space, bytes_of_text(NAMESPACE)))
        return NULL;
    const int shown = (int)(name_space.length < 60 ? name_space.length : 60);
    snprintf(text, sizeof(text), "it is signed for the namespace %.*s, not %s", shown,
             (const char *)name_space.data, NAMESPACE);
    return arena_keep_text(&reading->ledger->arena, bytes_of_text(text));
}

/* Who signed it: tells the file, and the fault why that does not count. */
static enum status signature_judge(struct reading *reading, const struct sshsig *sshsig,
                                   const struct member *member, struct ledger_file *file,
                                   struct fault *fault)
{
    char text[SSH_FINGERPRINT_BOUND];
    struct signing signing = {.key = &sshsig->key, .name_space = sshsig->name_space};
    if (ssh_fingerprint_write(text, sshsig->key.blob))
        file->key = arena_keep_text(&reading->ledger->arena, bytes_of_text(text));
    reading->failed |= !file->key;
    const char *doubt = namespace_doubt(reading, sshsig->name_space);
    if (doubt)
        return fault_set(fault, STATUS_REFUSED, 0, "%s", doubt);
    span_of(&member->document, &signing);
    const struct signer *signer = signers_find(&reading->signers, &signing, fault);
    if (signer)
        file->signer = signer->principals;
    return signer ? STATUS_OK : STATUS_REFUSED;
}

/* Why the signature of the file does not count, or NULL. */
static const char *signature_doubt(struct reading *reading, const char *path, struct bytes text,
                                   const struct member *member, struct ledger_file *file)
{
    char name[PATH_BOUND];
    struct sshsig sshsig;
    struct bytes armour;
    struct fault fault = {0};
    if (!reading->signers_path)
        return "no allowed-signers file was given";
    snprintf(name, sizeof(name), "%s.sig", path);
    const char *wrong = ledger_file_take(name, LEDGER_FILE_MAX, &reading->scratch, &armour);
    if (wrong) {
        fault_set(&fault, STATUS_REFUSED, 0, "no signature beside it (.yaml.sig): %s", wrong);
    } else if (sshsig_read(armour, &reading->scratch, &sshsig, &fault) != STATUS_OK) {
        const struct fault inner = fault;
        fault_set(&fault, STATUS_REFUSED, 0, "its signature is %.200s", inner.reason);
    } else if (signature_judge(reading, &sshsig, member, file, &fault) == STATUS_OK) {
        if (sshsig_holds(&sshsig, text))
            return NULL;
        file->signer = NULL;
        fault_set(&fault, STATUS_REFUSED, 0,
                  "its signature does not fit: one of them was changed, "
                  "or it was made for another file");
    }
    const char *kept = arena_keep_text(&reading->ledger->arena, bytes_of_text(fault.reason));
    reading->failed |= !kept;
    return kept ? kept : "no memory";
}

static void member_read(struct reading *reading, struct member *member, struct ledger_file *file)
{
    struct bytes text;
    struct fault fault = {0};
    arena_reset(&reading->scratch);
    member->document.kind = LEDGER_BROKEN;
    *file = (struct ledger_file){.kind = LEDGER_BROKEN, .path = member->path};
    const char *wrong = ledger_file_take(member->path, LEDGER_FILE_MAX, &reading->scratch, &text);
    if (wrong) {
        member->doubt = wrong;
        remark(reading, LEDGER_INVALID, member->path, 0, wrong);
        return;
    }
    if (document_read(text, &reading->ledger->arena, &member->document, &fault) != STATUS_OK)
        remark(reading, LEDGER_INVALID, member->path, (uint32_t)fault.offset, fault.reason);
    file->kind = member->document.kind;
    if (file->kind != LEDGER_BROKEN)
        file->id = file->kind == LEDGER_ENGAGEMENT ? member->document.engagement.id
                                                   : member->document.revocation.id;
    reading->failed |= !crypt_digest(CRYPT_SHA256, &text, 1, member->digest);
    member->doubt = signature_doubt(reading, member->path, text, member, file);
    if (member->doubt)
        remark(reading, LEDGER_UNVERIFIED, member->path, 0, member->doubt);
}

/* --- What the files say of each other --- */

static bool is_same_id(const struct member *one, const struct member *other)
{
    return strcasecmp(one->document.engagement.id, other->document.engagement.id) == 0;
}

enum doubling { DOUBLING_NONE, DOUBLING_SAME, DOUBLING_OTHER };

/* How a signed engagement stands beside others of its id: of two that are the same byte for byte
 * the first counts, of two different ones none. */
static enum doubling doubling_of(const struct reading *reading, const struct member *member)
{
    enum doubling doubling = DOUBLING_NONE;
    for (const struct member *other = reading->members; other < reading->members + reading->count;
         other++) {
        if (other == member || other->document.kind != LEDGER_ENGAGEMENT || other->doubt ||
            !is_same_id(member, other))
            continue;
        if (memcmp(member->digest, other->digest, 32) != 0)
            return DOUBLING_OTHER;
        if (other < member)
            doubling = DOUBLING_SAME;
    }
    return doubling;
}

static void entry_add(struct reading *reading, const struct member *member, const char *doubt)
{
    struct ledger *ledger = reading->ledger;
    ledger->entries[ledger->entry_count++] = (struct ledger_entry){
        .engagement = member->document.engagement,
        .path = member->path,
        .doubt = doubt,
        .withdrawn.seconds = INSTANT_NONE,
    };
}

static void engagement_keep(struct reading *reading, const struct member *member,
                            struct ledger_file *file)
{
    static const char *const doubts[] = {
        [DOUBLING_NONE] = NULL,
        [DOUBLING_SAME] = "it is the same as another file, which counts",
        [DOUBLING_OTHER] = "another signed file has the same id, so neither of them counts",
    };
    const enum doubling doubling = member->doubt ? DOUBLING_NONE : doubling_of(reading, member);
    const char *doubt = doubts[doubling];
    if (doubt)
        remark(reading, doubling == DOUBLING_OTHER ? LEDGER_INVALID : LEDGER_NOTE, member->path, 0,
               doubt);
    entry_add(reading, member, member->doubt ? member->doubt : doubt);
    file->is_used = !member->doubt && !doubt;
}

/* The earliest withdrawal counts. */
static bool withdraw(struct ledger *ledger, const struct revocation *revocation)
{
    bool is_known = false;
    for (uint32_t i = 0; i < ledger->entry_count; i++) {
        struct ledger_entry *entry = &ledger->entries[i];
        if (strcasecmp(entry->engagement.id, revocation->id) != 0)
            continue;
        is_known = true;
        if (instant_is_known(entry->withdrawn) &&
            instant_compare(entry->withdrawn, revocation->from) <= 0)
            continue;
        entry->withdrawn = revocation->from;
        entry->withdrawn_why = revocation->reason;
    }
    return is_known;
}

static void revocations_apply(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->count; i++) {
        const struct member *member = &reading->members[i];
        if (member->document.kind != LEDGER_REVOCATION || member->doubt)
            continue;
        reading->ledger->files[i].is_used = true;
        if (!withdraw(reading->ledger, &member->document.revocation))
            remark(reading, LEDGER_NOTE, member->path, 0,
                   "it withdraws an engagement that is not in the folder");
    }
}

static int by_id(const void *one, const void *other)
{
    const struct ledger_entry *a = one, *b = other;
    const int order = strcmp(a->engagement.id, b->engagement.id);
    return order ? order : strcmp(a->path, b->path);
}

static int by_path(const void *one, const void *other)
{
    const struct ledger_remark *a = one, *b = other;
    const int order = strcmp(a->path, b->path);
    if (order)
        return order;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    const int trouble = (int)a->trouble - (int)b->trouble;
    return trouble ? trouble : strcmp(a->reason, b->reason);
}

/* --- The folder --- */

static bool ends_with(const char *name, const char *end)
{
    const size_t length = strlen(name), wanted = strlen(end);
    return length > wanted && strcmp(name + length - wanted, end) == 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

/* The path of a file in the folder, kept; NULL without memory, or when it is too long. */
static const char *path_make(struct reading *reading, const char *folder, const char *name)
{
    char path[PATH_BOUND - 8]; /* room for .sig */
    const bool has_slash = ends_with(folder, "/") || strcmp(folder, "/") == 0;
    const int length = snprintf(path, sizeof(path), "%s%s%s", folder, has_slash ? "" : "/", name);
    const char *kept = length > 0 && (size_t)length < sizeof(path)
                           ? arena_keep_text(&reading->ledger->arena, bytes_of_text(path))
                           : NULL;
    reading->failed |= !kept;
    return kept;
}

static bool has_name(struct dirent **names, int count, const char *wanted, size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]->d_name) == length && memcmp(names[i]->d_name, wanted, length) == 0)
            return true;
    return false;
}

/* What lies in the folder and may have been meant for us. */
static const char *stranger_note(struct dirent **names, int count, const char *name)
{
    if (ends_with(name, ".yml"))
        return "it is not read: the files of a ledger end in .yaml";
    if (ends_with(name, ".yaml.sig") &&
        !has_name(names, count, name, strlen(name) - strlen(".sig")))
        return "the signature of a file that is not there";
    return NULL;
}

static void names_take(struct reading *reading, const char *folder, struct dirent **names,
                       int count)
{
    for (int i = 0; i < count && !reading->failed; i++) {
        const char *name = names[i]->d_name;
        const char *note = stranger_note(names, count, name);
        const bool is_more = ends_with(name, ".yaml") && reading->count == LEDGER_FILES_MAX;
        if (!note && !ends_with(name, ".yaml"))
            continue;
        const char *path = path_make(reading, folder, name);
        if (path && (note || is_more))
            remark(reading, note ? LEDGER_NOTE : LEDGER_INVALID, path, 0,
                   note ? note : "the folder has more files than are read");
        else if (path)
            reading->members[reading->count++].path = path;
    }
}

static bool members_take(struct reading *reading)
{
    struct ledger *ledger = reading->ledger;
    const size_t room = (size_t)reading->count + 1;
    ledger->files = arena_take_array(&ledger->arena, room, sizeof(*ledger->files));
    ledger->entries = arena_take_array(&ledger->arena, room, sizeof(*ledger->entries));
    if (!ledger->files || !ledger->entries)
        return false;
    ledger->file_count = reading->count;
    for (uint32_t i = 0; i < reading->count && !reading->failed; i++)
        member_read(reading, &reading->members[i], &ledger->files[i]);
    return !reading->failed;
}

static enum status folder_read(struct reading *reading, const char *folder, struct fault *fault)
{
    struct ledger *ledger = reading->ledger;
    struct dirent **names = NULL;
    const uint32_t of_signers = ledger->remark_count;
    const int count = scandir(folder, &names, is_visible, by_name);
    if (count < 0) {
        fault_errno(fault, errno, "%.160s", folder);
        return STATUS_INVALID;
    }
    reading->members =
        arena_take_array(&ledger->arena, LEDGER_FILES_MAX + 1, sizeof(*reading->members));
    if (reading->members)
        names_take(reading, folder, names, count);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    if (!reading->members || !members_take(reading))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the ledger %.160s", folder);
    for (uint32_t i = 0; i < reading->count; i++)
        if (reading->members[i].document.kind == LEDGER_ENGAGEMENT)
            engagement_keep(reading, &reading->members[i], &ledger->files[i]);
    revocations_apply(reading);
    if (ledger->entry_count)
        qsort(ledger->entries, ledger->entry_count, sizeof(*ledger->entries), by_id);
    if (ledger->remark_count > of_signers)
        qsort(ledger->remarks + of_signers, ledger->remark_count - of_signers,
              sizeof(*ledger->remarks), by_path);
    return STATUS_OK;
}

enum status ledger_read(const char *folder, const char *signers, struct ledger **ledger,
                        struct fault *fault)
{
    struct reading reading = {.ledger = calloc(1, sizeof(struct ledger))};
    if (!reading.ledger)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the ledger");
    arena_init(&reading.ledger->arena, LEDGER_MAX);
    arena_init(&reading.scratch, SIGNERS_BYTES * 4);
    signers_take(&reading, signers);
    enum status status = folder_read(&reading, folder, fault);
    if (status == STATUS_OK && reading.failed)
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory for the ledger %.160s", folder);
    arena_release(&reading.scratch);
    if (status == STATUS_OK)
        *ledger = reading.ledger;
    else
        ledger_free(reading.ledger);
    return status;
}
