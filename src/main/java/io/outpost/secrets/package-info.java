/** The steps of storing a tenant's provider keys in Secrets Manager. */
@NullMarked
package io.outpost.secrets;

import org.jspecify.annotations.NullMarked;
