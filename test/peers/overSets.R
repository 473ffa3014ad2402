# Makes overSets.metafor.json: what metafor makes of effects over sets.
#
# Run with metafor 3.8 or later, and jsonlite, from the root of the project:
#   Rscript test/peers/overSets.R > test/peers/overSets.metafor.json
suppressMessages(library(metafor))
set.seed(20250127)

combined <- function(fit) {
  list(
    estimate = fit$b[1], error = fit$se, low = fit$ci.lb, high = fit$ci.ub, p = fit$pval,
    tau2 = fit$tau2, q = fit$QE, i2 = fit$I2 / 100
  )
}

# Effects with independent errors.
independent <- lapply(list(
  list(k = 1, spread = 0), list(k = 2, spread = 0), list(k = 3, spread = 0.02), list(k = 5, spread = 0),
  list(k = 5, spread = 0.01), list(k = 5, spread = 0.1), list(k = 12, spread = 0.003), list(k = 6, spread = 0)
), function(case) {
  variances <- runif(case$k, 1e-6, 1e-4)
  effects <- 0.01 + rnorm(case$k, 0, sqrt(variances + case$spread^2))
  list(
    effects = I(effects), variances = I(variances),
    fixed = combined(rma(effects, variances, method = "FE")),
    random = combined(rma(effects, variances, method = "DL"))
  )
})

# Effects of which some have correlated errors: generalised least squares.
correlated <- lapply(list(c(2, 0.5), c(3, 0.9), c(5, 0.3), c(6, 0.7)), function(case) {
  k <- case[1]
  errors <- runif(k, 1e-3, 1e-2)
  correlation <- diag(k)
  correlation[1, 2] <- correlation[2, 1] <- case[2]
  covariance <- diag(errors) %*% correlation %*% diag(errors)
  effects <- as.vector(0.02 + t(chol(covariance)) %*% rnorm(k))
  fit <- rma.mv(effects, covariance, method = "FE")
  list(
    effects = I(effects), covariance = covariance,
    fixed = list(
      estimate = fit$b[1], error = fit$se, low = fit$ci.lb, high = fit$ci.ub, p = fit$pval, q = fit$QE
    )
  )
})

# Accuracies by their precision, Table II without Validation: hits of images.
table <- read.csv("examples/paper/table-2-accuracies.csv", comment.char = "#")
sets <- read.csv("examples/paper/table-1-sets.csv", comment.char = "#")
others <- setdiff(sets$set, "Validation")
precision <- lapply(seq_len(nrow(table)), function(row) {
  images <- sets$images[match(others, sets$set)]
  accuracies <- unlist(table[row, others]) / 100
  fit <- rma(accuracies, accuracies * (1 - accuracies) / images, method = "FE")
  list(model = table$model[row], estimate = fit$b[1], error = fit$se)
})

cat(jsonlite::toJSON(
  list(
    R = as.character(getRversion()), metafor = as.character(packageVersion("metafor")),
    independent = independent, correlated = correlated, precision = precision
  ),
  auto_unbox = TRUE, digits = NA, pretty = 1
), "\n", sep = "")
