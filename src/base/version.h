/* SPDX-License-Identifier: Apache-2.0 */
/* The version of both programs. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define VERSION "0.1.0"
#define VERSION_DATE "2026-11-24" /* of the manual pages */

#endif
