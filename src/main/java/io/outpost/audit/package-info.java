/** Audit entries: from a call or a transition to table, archive, export and verification. */
package io.outpost.audit;
