/**
 * Audit entries: from a call or a transition to the table and the archive, their export and their
 * verification.
 */
@NullMarked
package io.outpost.audit;

import org.jspecify.annotations.NullMarked;
