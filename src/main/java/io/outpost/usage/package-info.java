/** What was used: the ledger, one entry a job, and the count against the quota. */
package io.outpost.usage;
