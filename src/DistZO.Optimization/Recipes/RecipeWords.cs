namespace DistZO.Optimization;

/// <summary>A gradient estimator with its update rule. The number is the method id of ledger records: never reuse one.</summary>
public enum Method : ushort
{
    /// <summary>MeZO's central difference along Gaussian directions with plain SGD (arXiv 2305.17333, algorithm 1).</summary>
    MezoSgd = 1,
}

/// <summary>A built-in task: the eleven of MeZO (arXiv 2305.17333, section 3). What they are made of is in DistZO.Training.</summary>
public enum TaskName
{
    Sst2,
    Rte,
    Cb,
    BoolQ,
    Wsc,
    Wic,
    MultiRc,
    Copa,
    Record,
    Squad,
    Drop,
}

/// <summary>What a loss term is.</summary>
public enum ObjectiveKind
{
    /// <summary>Cross-entropy over the options of a row.</summary>
    Choice,

    /// <summary>Cross-entropy of each token of the right answer.</summary>
    Answer,

    /// <summary>1 for a row whose best option is wrong, else 0.</summary>
    Accuracy,

    /// <summary>1 − the token F1 of what the model writes.</summary>
    F1,

    /// <summary>1 where what the model writes is no right answer, else 0.</summary>
    ExactMatch,

    /// <summary>1 − the score that a program gives to what the model writes.</summary>
    Command,
}

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum LearningRateShape
{
    Constant,
    ConstantWithWarmup,
    Linear,
    Cosine,
}

/// <summary>Whose weights the run writes at its end.</summary>
public enum ExportedStep
{
    Last,
    Best,
}

/// <summary>What makes one evaluation better than another.</summary>
public enum BestMetric
{
    Accuracy,
    MacroF1,
    Loss,
    Perplexity,

    /// <summary>Token F1 of what the model writes.</summary>
    F1,
    ExactMatch,

    /// <summary>That of a scoring program.</summary>
    Score,
}

/// <summary>Where metrics go besides <c>metrics.jsonl</c>.</summary>
public enum ReportTarget
{
    None,
    TensorBoard,
}
