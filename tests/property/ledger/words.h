/* The words that trials are made of, and by hand which pattern fits which value: y, n, or ? where
 * it hangs on what the evidence lacks. */
#ifndef IMPOUND_TESTS_LEDGER_WORDS_H
#define IMPOUND_TESTS_LEDGER_WORDS_H

#define WORDS_MAX 10

/* A list of an engagement and the values that it is held against. */
struct vocabulary {
    const char *patterns[WORDS_MAX]; /* the first one is * */
    const char *values[WORDS_MAX];
    const char *fits[WORDS_MAX]; /* a text for each pattern, a letter for each value */
};

static const struct vocabulary hosts = {
    {"*", "10.8.0.0/24", "10.8.0.7", "::ffff:10.8.0.0/121", "10.8.*", "2001:db8::/32", "TESTBOX",
     "testbox.lab.example", "*.lab.example", "T*X"},
    {"10.8.0.7", "::ffff:10.8.0.200", "10.9.0.1", "2001:db8::5", "TestBox", "testbox.LAB.example",
     "other.lab.example", "OTHER"},
    {"yyyyyyyy", "yynnnnnn", "ynnnnnnn", "ynnnnnnn", "yynnnnnn", "nnnynnnn", "nnnnyynn", "nnnnyynn",
     "nnnnnyyn", "nnnnyynn"},
};
#define HOST_ADDRESS_PATTERNS 6 /* behind the star: up to this one they are about addresses */
#define HOST_ADDRESSES        4 /* the first values are addresses */

static const struct vocabulary accounts = {
    {"*", "alice", "LAB\\alice", "lab.example\\alice", "*\\alice", "LAB\\*", "svc-*"},
    {"LAB\\Alice", "alice", "alice@lab.example", "OTHER\\alice", "bob", "LAB\\svc-x"},
    {"yyyyyy", "yyyynn", "y?ynnn", "y?ynnn", "yyyynn", "y?yn?y", "nnnnny"},
};

static const struct vocabulary tools = {
    {"*", "impacket", "wmiexec", "sysinternals:*", "w*"},
    {"wmiexec", "impacket", "psexec", "sysinternals:psexec"},
    {"yyyy", "yyyn", "y?nn", "nnny", "y?nn"},
};

static const struct vocabulary techniques = {
    {"*", "T1003", "T1003.*", "T1003.002", "T1047", "T10*"},
    {"T1003", "T1003.002", "t1003.003", "T1047", "T1485"},
    {"yyyyy", "yyynn", "yyynn", "?ynnn", "nnnyn", "yyyyn"},
};

#endif
