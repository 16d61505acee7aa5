/**
 * The steps of storing a tenant's provider keys in Secrets Manager, and the names they may have.
 */
@NullMarked
package io.outpost.secrets;

import org.jspecify.annotations.NullMarked;
