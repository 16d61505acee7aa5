/** Audit entries: from a call or a transition to table, archive, export and verification. */
@NullMarked
package io.outpost.audit;

import org.jspecify.annotations.NullMarked;
