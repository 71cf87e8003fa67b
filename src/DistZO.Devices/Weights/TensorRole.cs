namespace DistZO.Devices;

/// <summary>What a tensor is for in the model. Weight decay asks the role, never the name.</summary>
public enum TensorRole
{
    /// <summary>The matrix of a linear layer.</summary>
    Matrix,

    /// <summary>A token or position table, one row an id.</summary>
    Embedding,

    /// <summary>The bias of a linear layer.</summary>
    Bias,

    /// <summary>The scale or the shift of a normalization.</summary>
    Norm,
}

/// <summary>Rules that depend on a <see cref="TensorRole"/>.</summary>
public static class TensorRoles
{
    /// <summary>True for matrices and embeddings; biases and norms are never decayed.</summary>
    public static bool Decays(this TensorRole role) => role is TensorRole.Matrix or TensorRole.Embedding;
}
