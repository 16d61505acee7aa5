/** Usage: the ledger, with one entry for each job, and the count against the quota. */
@NullMarked
package io.outpost.usage;

import org.jspecify.annotations.NullMarked;
