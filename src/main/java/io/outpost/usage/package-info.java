/** What was used: the ledger, one entry a job, and the count against the quota. */
@NullMarked
package io.outpost.usage;

import org.jspecify.annotations.NullMarked;
