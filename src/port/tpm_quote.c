/* SPDX-License-Identifier: Apache-2.0 */
/* Clock and quote; the key is in tpm_key.c. */
#include "port/tpm_calls.h"

#include <tss2/tss2_mu.h>

static void select_pcrs(const struct ports_selection *selections, unsigned count, TPML_PCR_SELECTION *ret_list)
{
        memset(ret_list, 0, sizeof(*ret_list));
        ret_list->count = count;
        for (unsigned i = 0; i < count; i++) {
                TPMS_PCR_SELECTION *s = &ret_list->pcrSelections[i];

                s->hash = alg_info(selections[i].alg)->tpm_id;
                s->sizeofSelect = 3;
                for (unsigned byte = 0; byte < 3; byte++)
                        s->pcrSelect[byte] = (BYTE)(selections[i].pcrs >> 8 * byte);
        }
}

enum err tpm_quote(void *context, const struct ports_key *key, struct span nonce, const struct ports_selection *selections, unsigned count,
                   struct ports_quote *ret_quote)
{
        const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };
        struct machine *m = context;
        struct ports_quote quote = { 0 };
        TPML_PCR_SELECTION pcrs;
        TPM2B_DATA data;
        TPM2B_ATTEST attest;
        TPMT_SIGNATURE signature;
        TSS2_RC rc;

        if (nonce.len > sizeof(data.buffer) || count > ALG_COUNT)
                return ERR_NO_SPACE;
        data.size = (UINT16)nonce.len;
        memcpy(data.buffer, nonce.data, nonce.len);
        select_pcrs(selections, count, &pcrs);
        attest.size = 0;
        TPM_CALL(rc, m, Tss2_Sys_Quote(tpm_sys(m), key->handle, &tpm_empty_auth, &data, &own_scheme, &pcrs, &attest, &signature, NULL));
        TRY(tpm_error(m, rc));
        if (attest.size > sizeof(quote.attest) ||
            Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, quote.signature, sizeof(quote.signature), &quote.signature_bytes) != TSS2_RC_SUCCESS)
                return ERR_TPM_RESPONSE;
        quote.attest_bytes = attest.size;
        memcpy(quote.attest, attest.attestationData, attest.size);
        *ret_quote = quote;
        return ERR_OK;
}

enum err tpm_clock(void *context, struct ports_clock *ret_clock)
{
        struct machine *m = context;
        TPMS_TIME_INFO now;
        TSS2_RC rc;

        TPM_CALL(rc, m, Tss2_Sys_ReadClock(tpm_sys(m), NULL, &now, NULL));
        TRY(tpm_error(m, rc));
        *ret_clock = (struct ports_clock){ now.clockInfo.clock, now.clockInfo.resetCount, now.clockInfo.restartCount,
                                           now.clockInfo.safe != 0 };
        return ERR_OK;
}

void machine_add_quote(struct ports *ports)
{
        ports->tpm_clock = tpm_clock;
        ports->tpm_make_key = tpm_make_key;
        ports->tpm_drop_key = tpm_drop_key;
        ports->tpm_quote = tpm_quote;
}
