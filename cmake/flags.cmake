# Compile flags shared by every target; warnings are errors in CI (APMSHIM_WERROR).
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings)
add_compile_definitions(_GNU_SOURCE APMSHIM_VERSION="${PROJECT_VERSION}")
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(APMSHIM_WERROR)
    add_compile_options(-Werror)
endif()

# Sanitizers, or else the compiler's hardening, apply to the forwarder, the tools and the unit tests,
# never to the recorder: the preloaded object must not need their run-time.
function(apmshim_sanitize target)
    if(NOT APMSHIM_SANITIZE)
        target_compile_options(${target} PRIVATE -fstack-protector-strong
            $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
        if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
            target_compile_options(${target} PRIVATE -fcf-protection)
        endif()
    else()
        target_compile_options(${target} PRIVATE -fsanitize=${APMSHIM_SANITIZE}
            -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${APMSHIM_SANITIZE})
    endif()
    if(APMSHIM_FUZZ)
        # How deep the stack is depends on where it began, which the kernel chooses.
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link -fno-sanitize-coverage=stack-depth)
    endif()
endfunction()
