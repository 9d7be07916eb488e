/* How often a rule of some strength and level is right about its tool: data/attribution.csv, which
 * tools/calibrate makes from labelled evidence. */
#ifndef IMPOUND_CASES_WEIGHTS_H
#define IMPOUND_CASES_WEIGHTS_H

#include "rules/sigma/sigma.h"

/* 0 to 1. A strength that the table does not know weighs nothing. */
double weight_of(const char *strength, enum sigma_level level);

/* By what the confidence is multiplied when the observation speaks against Impacket. */
double weight_against(const char *observation);

#endif
